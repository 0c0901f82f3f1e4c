import type { ClassicClusterReport, ClassicListing } from "../../apply/classic/classic-cluster-report.js";
import type { ClassicApi } from "../../controller/classic-api.js";
import type { AdminCalls } from "./admin-calls.js";

/** The client's side of `addClassicRoutes`. */
export const classicClient = ({ once, streamed }: AdminCalls): ClassicApi => ({
  addClassicEntry: (request, report, signal) =>
    streamed<ClassicClusterReport>("/api/v1/classic/add", request, report, signal),
  removeClassicEntry: (request, report, signal) =>
    streamed<ClassicClusterReport>("/api/v1/classic/remove", request, report, signal),
  listClassicEntries: (request) => once<ClassicListing>("POST", "/api/v1/classic/list", request),
});
