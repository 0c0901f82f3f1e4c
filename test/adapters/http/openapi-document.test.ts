import { afterEach, expect, test } from "vitest";
import { adminRoutes } from "../../../src/adapters/http/admin-routes.js";
import { openApiDocument } from "../../../src/adapters/http/openapi-document.js";
import { systemClock } from "../../../src/adapters/system/system-clock.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { aKey, ask, openAdminPort } from "../../support/admin-house.js";

let close: Close = async () => {};
afterEach(() => close());

type Operation = Readonly<Record<string, unknown>> & { readonly requestBody?: unknown; readonly parameters?: unknown };
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

test("every route is in the document that the controller serves, with what it is asked with", async () => {
  const admin = aKey(["admin"]);
  const port = await openAdminPort({ clock: systemClock, keys: [admin.kept] });
  close = port.close;
  const headers = { authorization: `Bearer ${admin.text}` };
  const answer = await ask(port.url, "GET", "/api/v1/openapi.json", headers);
  const document = JSON.parse(answer.body) as Document;
  expect(document).toMatchObject({ openapi: "3.1.0", info: { version: "0.1.0" } });
  for (const { method, path, summary, request } of adminRoutes) {
    const operation = document.paths[path]?.[method.toLowerCase()];
    expect(operation, `${method} ${path}`).toMatchObject({ summary, responses: { 200: expect.anything() } });
    if (request !== undefined) expect(operation?.requestBody ?? operation?.parameters, path).toBeDefined();
  }
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described).toHaveLength(adminRoutes.length + 1);
  expect(new Set(described).size).toBe(described.length);
});

test("bodies are described as they are checked", () => {
  const { paths } = JSON.parse(JSON.stringify(openApiDocument(adminRoutes, "0"))) as Document;
  expect(paths["/api/v1/nodes/cordon"]?.post?.requestBody).toEqual({
    required: true,
    content: {
      "application/json": {
        schema: {
          type: "object",
          properties: {
            node: { type: "string", minLength: 1, maxLength: 64 },
            mode: { type: "string", enum: ["cordon", "uncordon"] },
          },
          required: ["node", "mode"],
          additionalProperties: false,
        },
      },
    },
  });
  expect(paths["/api/v1/models"]?.get?.parameters).toEqual([
    {
      name: "cards",
      in: "query",
      required: false,
      schema: { type: "string", enum: ["local", "all"], default: "local" },
    },
  ]);
});
