import type { ExoVariant } from "../cluster/exo-variant.js";
import type { ExoNodeId } from "../cluster/names.js";
import type { ExoReport } from "../cluster/node-report.js";
import type { ExoApi } from "./exo-api.js";
import { type ExoSupervisor, runStateOf } from "./exo-supervisor.js";
import type { NodeVocabulary } from "./vocabulary.js";

interface ExoParts {
  readonly api: ExoApi;
  readonly apiPort: number;
  /** What was installed here, as far as it is known before exo answers. */
  readonly generation: ExoReport["generation"];
  /** Absent where the agent was not told how to start exo. */
  readonly supervisor: ExoSupervisor | undefined;
  readonly vocabulary: NodeVocabulary;
}

/** Reports on the exo of this machine. An exo that answers without having been started by this agent is not managed. */
export type DescribeExo = (signal: AbortSignal) => Promise<ExoReport>;

function reportSilent({ supervisor, apiPort, generation }: ExoParts): ExoReport {
  const base = { managed: supervisor !== undefined, generation, apiPort };
  if (supervisor === undefined) {
    const problem = `nothing answers on port ${apiPort}, and this agent was not told how to start exo`;
    return { ...base, state: "stopped", problem };
  }
  const status = supervisor.status();
  const state = runStateOf(status.state, "silent");
  const problem = status.problem ?? (state === "starting" ? `exo does not answer on port ${apiPort} yet` : undefined);
  return { ...base, state, ...(problem === undefined ? {} : { problem }) };
}

/** An exo 0.0.x has no node id: it answers, or it does not. */
async function reportClassic(parts: ExoParts, signal: AbortSignal): Promise<ExoReport> {
  if (!(await parts.api.classicAnswers(signal))) return reportSilent(parts);
  const state = parts.supervisor?.status().state;
  const managed = state === "up" || state === "stopping";
  return { state: "running", managed, generation: "classic", apiPort: parts.apiPort };
}

export function createDescribeExo(parts: ExoParts): DescribeExo {
  const { api, apiPort, supervisor } = parts;
  // exo's node id is new at every start, so it tells when the variant has to be read again.
  let known: { readonly nodeId: ExoNodeId; readonly variant: ExoVariant } | undefined;
  const variantOf = async (nodeId: ExoNodeId, signal: AbortSignal): Promise<ExoVariant | undefined> => {
    if (known?.nodeId === nodeId) return known.variant;
    const variant = await api.variant(signal);
    known = variant === undefined ? undefined : { nodeId, variant };
    return variant;
  };
  const describeModern: DescribeExo = async (signal) => {
    const nodeId = await api.nodeId(signal);
    if (nodeId === undefined) return reportSilent(parts);
    const variant = await variantOf(nodeId, signal);
    const state = supervisor?.status().state;
    const managed = state === "up" || state === "stopping";
    return {
      state: "running",
      managed,
      generation: "modern",
      apiPort,
      nodeId,
      ...(variant === undefined ? {} : { variant }),
    };
  };
  return async (signal) => {
    // exo 0.0.x does not parse answers, so it needs no vocabulary for that.
    if (parts.generation === "classic") return await reportClassic(parts, signal);
    const report = await describeModern(signal);
    return { ...report, vocabulary: await parts.vocabulary.report(report.managed ? "agent" : "others") };
  };
}
