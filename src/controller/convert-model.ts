import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import { type ModelId, type NodeName, nodeName } from "../cluster/names.js";
import type { AgentLink } from "../inventory/agent-link.js";
import type { ConversionOrder, ConversionProgress } from "../models/convert/conversion.js";
import { defaultTarget } from "../models/convert/default-target.js";
import { readModelId } from "../register/entry-schema.js";
import type { ConvertApi, ConvertRequest, ConvertSummary } from "./convert-api.js";
import { chooseNode, conversionProblem, noAgent, notAnId, notPossible } from "./convert-problems.js";
import { progressNote } from "./convert-progress.js";
import type { ProgressLine } from "./progress-line.js";

type Access = Pick<ClusterAccess, "observe" | "agent">;
type Report = (line: ProgressLine) => void;

interface Chosen {
  readonly node: NodeName;
  readonly link: AgentLink;
}

/** Lets agents convert models. */
export function createConvertApi(access: Access): ConvertApi {
  /** Where each model is being made. */
  const running = new Map<ModelId, NodeName>();
  return {
    convert: async (request, report, signal) => {
      const order = readOrder(request);
      const { node, link } = await chooseAgent(access, order.source, request.node, signal);
      const plan = await checked(link, node, order, report, signal);
      const summary = { node, ...order, plan };
      if (request.mode === "dry-run") return { ...summary, result: null };
      running.set(order.target, node);
      try {
        return { ...summary, result: await converted(link, node, order, report, signal) };
      } finally {
        running.delete(order.target);
      }
    },
    cancelConversion: async ({ target }) => {
      const id = idOf(target);
      const node = running.get(id);
      if (node === undefined) return { node: null };
      // Not the link that it was begun on: the agent may have been dialled anew meanwhile.
      const link = access.agent(node);
      if (link === undefined) throw noAgent(node, []);
      const outcome = await link.convert.cancel(id, new AbortController().signal).catch((error: unknown) => {
        throw conversionProblem(node, error);
      });
      return { node: outcome === "cancelled" ? node : null };
    },
  };
}

function idOf(text: string): ModelId {
  const id = readModelId(text);
  if (id === undefined) throw notAnId(text);
  return id;
}

function readOrder({ source, target, quantization }: ConvertRequest): ConversionOrder {
  const from = idOf(source);
  return {
    source: from,
    target: target === undefined ? defaultTarget(from, quantization) : idOf(target),
    quantization,
  };
}

/** The node that was named, or the only one that has the source. */
async function chooseAgent(
  access: Access,
  source: ModelId,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Chosen> {
  const view = await access.observe(signal);
  const node = wanted === undefined ? onlyNodeWith(view, source) : nodeName(wanted);
  const link = access.agent(node);
  if (link === undefined) throw noAgent(node, [...view.registries.keys()]);
  return { node, link };
}

function onlyNodeWith(view: ClusterView, source: ModelId): NodeName {
  const having = [...view.registries]
    .filter(([, registry]) => registry.models.some(({ modelId }) => modelId === source))
    .map(([node]) => node);
  if (view.registries.size === 0) throw noAgent("any node", []);
  const [node, ...others] = having;
  if (node === undefined || others.length > 0) throw chooseNode(source, having);
  return node;
}

async function checked(
  { convert }: AgentLink,
  node: NodeName,
  order: ConversionOrder,
  report: Report,
  signal: AbortSignal,
): Promise<ConvertSummary["plan"]> {
  const step = `check ${order.source} on ${node}`;
  report({ kind: "begin", text: step });
  const check = await convert.check(order, signal).catch((error: unknown) => {
    throw conversionProblem(node, error);
  });
  if (check.kind === "not-possible") throw notPossible(node, check.obstacles);
  report({ kind: "end", text: step, outcome: `mlx-lm ${check.conversion.mlxLmVersion} can convert it` });
  return check.conversion;
}

async function converted(
  { convert }: AgentLink,
  node: NodeName,
  order: ConversionOrder,
  report: Report,
  signal: AbortSignal,
): Promise<ConvertSummary["result"]> {
  const step = `convert to ${order.target} (${order.quantization})`;
  report({ kind: "begin", text: step });
  const tell = (progress: ConversionProgress): void => {
    for (const line of progress.lines) report({ kind: "info", text: `mlx_lm: ${line}` });
    report({ kind: "note", text: progressNote(progress) });
  };
  const {
    target: _target,
    quantization: _wanted,
    ...result
  } = await convert.convert(order, tell, signal).catch((error: unknown) => {
    throw conversionProblem(node, error);
  });
  report({ kind: "end", text: step, outcome: `whole, ${result.layers} layers` });
  return result;
}
