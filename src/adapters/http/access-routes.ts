import { z } from "zod";
import { get, post } from "./admin-route.js";
import { present } from "./present-members.js";

/** More would be long to read and longer to send. */
const mostRecords = 10_000;

const text = z.string().min(1).max(200);
const auditQuery = z.strictObject({
  since: z.coerce.number().int().min(0).optional(),
  who: text.optional(),
  what: text.optional(),
  limit: z.coerce.number().int().min(1).max(mostRecords).default(1_000),
});
const endBody = z.strictObject({ id: z.string().min(1).max(64).optional() });

/** Who was here, and who may be. */
export const accessRoutes = [
  get("/api/v1/audit", {
    summary: "Who changed what, oldest first. `since` is in milliseconds since the Unix epoch.",
    request: auditQuery,
    call: (request, { api }) => api.readAudit(present(request)),
  }),
  post("/api/v1/sessions/link", {
    summary: "Makes a link that lets one browser in, once. Only over the controller's Unix socket.",
    request: z.strictObject({}),
    call: (_, { api, by }) => api.createOpenLink({ by }),
  }),
  get("/api/v1/sessions", {
    summary: "Browsers that were let in, without their secrets.",
    call: (_, { api }) => api.listSessions(),
  }),
  post("/api/v1/sessions/end", {
    summary: "Ends one session, or all of them.",
    request: endBody,
    call: (request, { api }) => api.endSessions(present(request)),
  }),
];
