import { z } from "zod";
import { quantizations } from "../../models/quantized-bytes.js";
import { postLines } from "./admin-route.js";
import { present } from "./present-members.js";

const id = z.string().min(1).max(200);
const which = {
  model: id,
  quantization: z.enum(quantizations).optional(),
  on: z.array(z.string().min(1).max(64)).max(1_000).optional(),
};
const addBody = z.strictObject({ ...which, mode: z.enum(["add", "dry-run"]) });
const removeBody = z.strictObject({
  ...which,
  files: z.enum(["keep", "remove"]),
  named: id.optional(),
  mode: z.enum(["remove", "dry-run"]),
});

/** Entries of models. What was begun goes on when its client leaves. */
export const entriesRoutes = [
  postLines("/api/v1/models/add", {
    summary: "Adds a model's entry to exo's registry on nodes, and keeps it there.",
    request: addBody,
    call: (request, { api, by, report, signal }) => api.addModel({ ...present(request), by }, report, signal),
  }),
  postLines("/api/v1/models/remove", {
    summary: "Takes a model's entry away, with its files where that is asked for.",
    request: removeBody,
    call: (request, { api, report, signal }) => api.removeModel(present(request), report, signal),
  }),
];
