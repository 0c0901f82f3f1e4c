import { accessRoutes } from "./access-routes.js";
import type { AdminRoute } from "./admin-route.js";
import { classicRoutes } from "./classic-routes.js";
import { clusterRoutes } from "./cluster-routes.js";
import { convertRoutes } from "./convert-routes.js";
import { entriesRoutes } from "./entries-routes.js";
import { keysRoutes } from "./keys-routes.js";
import { modelListRoutes } from "./model-list-routes.js";
import { nodesRoutes } from "./nodes-routes.js";
import { syncRoutes } from "./sync-routes.js";

/** Every call of the admin API, the same on the Unix socket and on the admin port. */
export const adminRoutes: readonly AdminRoute[] = [
  ...clusterRoutes,
  ...nodesRoutes,
  ...modelListRoutes,
  ...entriesRoutes,
  ...syncRoutes,
  ...convertRoutes,
  ...classicRoutes,
  ...keysRoutes,
  ...accessRoutes,
];
