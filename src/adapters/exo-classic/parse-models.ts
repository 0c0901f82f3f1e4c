import { broken, field, idIn, listIn, type Parsed, parsing } from "./fields.js";

/** exo has about 70; a registry may have more. */
const mostModels = 10_000;

/** The ids in an answer of `GET /v1/models`, in exo's order. */
export const parseModels = (raw: unknown): Parsed<readonly string[]> =>
  parsing(() => listIn(field(raw, "data"), mostModels, "data").map((line) => idIn(field(line, "id"), "id")));

/** The answer of `GET /healthcheck`. */
export const parseHealth = (raw: unknown): Parsed<undefined> =>
  parsing(() => (field(raw, "status") === "ok" ? undefined : broken("status", '"ok"')));

/** The answer of `POST /quit`: any object, as long as it is JSON. */
export const parseQuit = (raw: unknown): Parsed<undefined> =>
  parsing(() => (typeof field(raw, "detail") === "string" ? undefined : broken("detail", "a text")));
