import type { NodeName } from "../cluster/names.js";
import { AgentRefusedError, AgentUnreachableError } from "../inventory/agent-link.js";
import type { ConversionObstacle } from "../models/convert/conversion.js";
import { Problem } from "../runtime/problem.js";

/** Everything that stands in the way of a conversion, as one problem. */
export const notPossible = (node: NodeName, obstacles: readonly ConversionObstacle[]): Problem =>
  new Problem(
    "failed",
    "conversion_not_possible",
    `${node} can't do this conversion: ${obstacles.map(({ why }) => why).join("; ")}`,
    [...new Set(obstacles.map(({ fix }) => fix))].join(" "),
  );

/** What an agent's failure means for whoever asked for a conversion. Everything else goes through as it is. */
export function conversionProblem(node: NodeName, error: unknown): unknown {
  const options = { cause: error };
  if (error instanceof AgentRefusedError)
    return new Problem("failed", "conversion_failed", `${node}: ${error.message}`, undefined, options);
  if (error instanceof AgentUnreachableError)
    return new Problem(
      "unreachable",
      "node_unreachable",
      `${node}: ${error.message}`,
      "An agent that loses its controller cancels the conversion and removes what it wrote. Run the command again.",
      options,
    );
  return error;
}

export const notAnId = (text: string): Problem =>
  new Problem("usage", "bad_model_id", `${JSON.stringify(text)} is not a model id`, "Write owner/name.");

export const noAgent = (node: string, nodes: readonly string[]): Problem =>
  new Problem(
    "unreachable",
    "no_agent",
    `no agent answers on ${node}`,
    nodes.length === 0
      ? "A conversion needs a node with an agent: `exoctl token create` prints how one joins."
      : `Nodes with an agent: ${nodes.join(", ")}.`,
  );

/** The controller can't choose the node. */
export const chooseNode = (source: string, having: readonly string[]): Problem =>
  having.length === 0
    ? new Problem(
        "usage",
        "no_source",
        `no node has the model ${source}`,
        `Put its files into the folder ${source.replace("/", "--")} of exo's models folder on the node that is to convert it.`,
      )
    : new Problem(
        "usage",
        "several_sources",
        `${having.join(", ")} have the model ${source}`,
        "Say with --on which of them is to convert it.",
      );
