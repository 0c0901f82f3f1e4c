import { type SimulatedVariant, since } from "../exo/simulated-variant.js";
import { ExoHttpError, type Route, sendJson } from "./api-request.js";
import { eventJson } from "./event-json.js";

/** Follows a path such as `instances/<id>` or `downloads/<node>/0`. @throws when there is nothing. */
function subTree(document: unknown, path: string): unknown {
  let found = document;
  for (const part of path.split("/").filter((one) => one !== "")) {
    if (Array.isArray(found)) {
      const at = /^-?\d+$/.test(part) ? found.at(Number(part)) : undefined;
      if (at === undefined) throw notThere(path);
      found = at;
    } else if (typeof found === "object" && found !== null) {
      if (!Object.hasOwn(found, part)) throw notThere(path);
      found = (found as Record<string, unknown>)[part];
    }
    // exo goes no deeper in a text or a number, and does not complain
  }
  return found;
}

const notThere = (path: string): ExoHttpError =>
  new ExoHttpError(404, `unable to find path '${path.replaceAll("/", ".")}' in state json`);

const byPath: Route = {
  method: "GET",
  path: "/state/{path:path}",
  endpoint: ({ node, response, params }) => sendJson(response, 200, subTree(node.state(), params.path ?? "")),
};

/** `/node_id`, `/state` and, since 1.0.70, what is below it, `/events`. */
export const stateRoutes = (variant: SimulatedVariant): readonly Route[] => [
  { method: "GET", path: "/node_id", endpoint: ({ node, response }) => sendJson(response, 200, node.nodeId) },
  { method: "GET", path: "/state", endpoint: ({ node, response }) => sendJson(response, 200, node.state()) },
  ...(since(variant, "1.0.70") ? [byPath] : []),
  {
    method: "GET",
    path: "/events",
    endpoint({ node, response }) {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("[");
      for (const [at, { eventId, event }] of node.events().entries())
        response.write(`${at === 0 ? "" : ","}${JSON.stringify(eventJson(eventId, event))}`);
      response.end("]");
    },
  },
];
