import type { EnrolledNode, ListedToken, NodeChange, RotatedKey } from "../../controller/nodes/nodes-api.js";
import type { AdminCalls } from "./admin-calls.js";

/** The calls for membership, over the socket. */
export const nodesClient = ({ once: call }: AdminCalls) => ({
  listNodes: () => call<readonly EnrolledNode[]>("GET", "/api/v1/nodes"),
  approveNode: (wanted: { readonly node: string }) => call<NodeChange>("POST", "/api/v1/nodes/approve", wanted),
  cordonNode: (wanted: { readonly node: string; readonly mode: "cordon" | "uncordon" }) =>
    call<NodeChange>("POST", "/api/v1/nodes/cordon", wanted),
  removeNode: (wanted: { readonly node: string; readonly even?: "serving" }) =>
    call<NodeChange>("POST", "/api/v1/nodes/remove", wanted),
  rotateKey: () => call<RotatedKey>("POST", "/api/v1/rotate-key", {}),
  listTokens: () => call<readonly ListedToken[]>("GET", "/api/v1/tokens"),
  revokeToken: (wanted: { readonly id: string }) => call<NodeChange>("POST", "/api/v1/tokens/revoke", wanted),
});
