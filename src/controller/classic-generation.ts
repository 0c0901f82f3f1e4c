import type { ClusterSpec } from "../config/cluster-spec.js";
import { Problem } from "../runtime/problem.js";
import type { FleetNode } from "./fleet.js";

/** Which exo the cluster runs. A ring or an instance never has nodes of both. */
export type ClusterGeneration =
  | { readonly kind: "modern" }
  | { readonly kind: "classic" }
  | { readonly kind: "mixed"; readonly problem: Problem };

/** By the cluster file where it says; otherwise by what the agents report. */
export function clusterGeneration(
  { exo }: Pick<ClusterSpec, "exo">,
  fleet: readonly Pick<FleetNode, "member" | "report">[],
): ClusterGeneration {
  const named = (generation: "modern" | "classic"): readonly string[] =>
    fleet.filter(({ report }) => report?.value.exo.generation === generation).map(({ member }) => member.name);
  const [modern, classic] = [named("modern"), named("classic")];
  if (exo.generation === "classic") return modern.length === 0 ? { kind: "classic" } : mixed(modern, classic);
  if (exo.generation === "modern" || classic.length === 0) return { kind: "modern" };
  return modern.length === 0 ? { kind: "classic" } : mixed(modern, classic);
}

function mixed(modern: readonly string[], classic: readonly string[]): ClusterGeneration {
  const others = classic.length === 0 ? "the cluster file wants exo 0.0.x" : `${classic.join(", ")} exo 0.0.x`;
  return {
    kind: "mixed",
    problem: new Problem(
      "usage",
      "mixed_generations",
      `${modern.join(", ")} ${modern.length === 1 ? "runs" : "run"} exo 1.x and ${others}; the two can't work together`,
      "Install the same exo on all of them, or make two clusters. exo 1.x is the better choice for gpt-oss.",
    ),
  };
}
