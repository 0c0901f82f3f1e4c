import { z } from "zod";
import type { AdminRoute } from "./admin-route.js";

export const openApiPath = "/api/v1/openapi.json";

const problemSchema = z.strictObject({
  problem: z.object({
    kind: z.enum(["failed", "usage", "infeasible", "unreachable"]),
    code: z.string().describe("Stable, for programs."),
    message: z.string(),
    hint: z.string().optional(),
  }),
});

const schemaOf = (schema: z.ZodType): object => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
};

const problem = {
  description: "What went wrong, and what to do.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** The answers themselves are what `exoctl … -o json` prints. */
const results = {
  once: { description: "The result.", content: { "application/json": { schema: {} } } },
  lines: {
    description:
      "Newline-separated JSON: `{progress}` any number of times, and at the end `{result}` or `{problem}`. The status is 200 in both cases.",
    content: { "application/x-ndjson": { schema: { type: "string" } } },
  },
} as const;

/** Describes the admin API from the same statements that it is served from. @param version of the controller */
export function openApiDocument(routes: readonly AdminRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of [...routes, ownRoute])
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  return {
    openapi: "3.1.0",
    info: { title: "exoctl admin API", version },
    security: [{ key: [] }, { session: [] }],
    components: {
      schemas: { Problem: schemaOf(problemSchema) },
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "A key with scope admin." },
        session: { type: "apiKey", in: "cookie", name: "exoctl_session", description: "From `exoctl open`." },
      },
    },
    paths,
  };
}

type Described = Pick<AdminRoute, "method" | "path" | "summary" | "request" | "answer">;

const ownRoute: Described = { method: "GET", path: openApiPath, summary: "This document.", answer: "once" };

const operationOf = ({ method, summary, request, answer }: Described): object => ({
  summary,
  ...(request === undefined ? {} : method === "GET" ? { parameters: parametersOf(request) } : bodyOf(request)),
  responses: { "200": results[answer], default: problem },
});

const bodyOf = (request: z.ZodType): object => ({
  requestBody: { required: true, content: { "application/json": { schema: schemaOf(request) } } },
});

function parametersOf(query: z.ZodType): readonly object[] {
  const { properties = {}, required = [] } = schemaOf(query) as {
    readonly properties?: Readonly<Record<string, object>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}
