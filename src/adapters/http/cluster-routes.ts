import { z } from "zod";
import { get, post, postLines } from "./admin-route.js";
import { present } from "./present-members.js";

const planBody = z.strictObject({ model: z.string().optional() });
const whatIfBody = z.strictObject({ changes: z.string().max(10_000), model: z.string().optional() });
const applyBody = z.strictObject({
  clusterYaml: z.string().optional(),
  model: z.string().optional(),
  mode: z.enum(["apply", "dry-run"]),
});

/** What the cluster is, should be, and could be. */
export const clusterRoutes = [
  get("/api/v1/info", {
    summary: "Facts about this controller: version, addresses, names of models.",
    call: (_, { api }) => api.info(),
  }),
  get("/api/v1/status", {
    summary: "Nodes, models, and which layers run where.",
    call: (_, { api }) => api.status(),
  }),
  get("/api/v1/discover", {
    summary: "Who is out there, and for each why it is or is not usable.",
    call: (_, { api }) => api.discover(),
  }),
  post("/api/v1/plan", {
    summary: "The placement of a model on the cluster as it is now. Changes nothing.",
    request: planBody,
    call: (request, { api }) => api.plan(present(request)),
  }),
  post("/api/v1/what-if", {
    summary: "The placement on other nodes than there are, such as add=m3ultra-512,remove=studio-2. Changes nothing.",
    request: whatIfBody,
    call: (request, { api }) => api.whatIf(present(request)),
  }),
  postLines("/api/v1/apply", {
    summary:
      "Makes the cluster run what a cluster file says, or what is desired already. Goes on when the client leaves.",
    request: applyBody,
    call: (request, { api, by, report, signal }) => api.apply({ ...present(request), by }, report, signal),
  }),
];
