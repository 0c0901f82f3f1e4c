import type { CreatedKey, KeyRequest, ListedKey, RevokedKey } from "../../controller/keys/keys-api.js";
import type { AdminCalls } from "./admin-calls.js";

/** The client's side of `keysRoutes`. */
export const keysClient = ({ once: call }: AdminCalls) => ({
  createKey: (wanted: KeyRequest) => call<CreatedKey>("POST", "/api/v1/keys", wanted),
  listKeys: () => call<readonly ListedKey[]>("GET", "/api/v1/keys"),
  revokeKey: (wanted: { readonly id: string }) => call<RevokedKey>("POST", "/api/v1/keys/revoke", wanted),
});
