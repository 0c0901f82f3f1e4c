import { z } from "zod";
import { classicEngines } from "../../cluster/classic-entry.js";
import { faultCodes } from "../../cluster/classic-finding.js";
import { post, postLines } from "./admin-route.js";
import { present } from "./present-members.js";

const on = z.array(z.string().min(1).max(64)).min(1).max(256).optional();
const effect = z.enum(["write", "show"]);
const id = z.string().min(1).max(200);
const entry = z.strictObject({
  id,
  layers: z.int(),
  engine: z.enum(classicEngines),
  repo: z.string().max(512),
  label: z.string().max(128),
});
const addBody = z.strictObject({
  on,
  wish: z.strictObject({
    entry,
    model: id,
    accepted: z.array(z.enum(faultCodes)),
    whenDifferent: z.enum(["report", "replace"]),
    effect,
  }),
});
const removeBody = z.strictObject({ on, wish: z.strictObject({ id, effect }) });
const listBody = z.strictObject({ on });

/** The registries of exo 0.0.x on the cluster's nodes. */
export const classicRoutes = [
  postLines("/api/v1/classic/add", {
    summary: "Adds an entry to the registry of exo 0.0.x on nodes. Goes on when the client leaves.",
    request: addBody,
    call: (request, { api, report, signal }) => api.addClassicEntry(present(request), report, signal),
  }),
  postLines("/api/v1/classic/remove", {
    summary: "Takes an entry out of the registry of exo 0.0.x on nodes. Goes on when the client leaves.",
    request: removeBody,
    call: (request, { api, report, signal }) => api.removeClassicEntry(present(request), report, signal),
  }),
  post("/api/v1/classic/list", {
    summary: "What the registries of exo 0.0.x hold of exoctl's. Changes nothing.",
    request: listBody,
    call: (request, { api }) => api.listClassicEntries(present(request)),
  }),
];
