import { findModel } from "../../models/catalogue.js";
import { totalWeightBytes } from "../../models/model-bytes.js";
import type { ModelSpec } from "../../models/model-spec.js";
import { evaluatePlacement, type PlacedStage } from "../../plan/evaluate-placement.js";
import type { PlanLink, PlanNode, PlanProblem } from "../../plan/plan-problem.js";
import { prefillSec } from "../../plan/prefill.js";
import { evaluateTensorPair } from "../../plan/tensor-pair.js";
import type { MacProfile } from "../mac-profile.js";
import { bodyOf, type ModelCard, type TaggedInstance } from "./exo-types.js";
import { heldLayers, isTensor, shardsByRank } from "./instance-shape.js";
import { linkTo } from "./ring-connection.js";

/** How fast an instance works, by the planner's own cost model. Real seconds, before the time scale. */
export interface GenerationPace {
  /** One decode step of so many sequences with so much context. */
  stepSec(batch: number, contextTokens: number): number;
  prefillSec(promptTokens: number): number;
}

const contextStepTokens = 1_024;
/** A step of an instance that the cost model can't describe, such as one with unknown links. */
const indescribableStepSec = 0.1;

/** Cards lie about sizes (exo's own by 11.7 %), but not by half: a card that does is of another model. */
const isOfSize = ({ storageSize }: ModelCard, model: ModelSpec): boolean => {
  const trueBytes = totalWeightBytes(model);
  return storageSize.inBytes > trueBytes / 2 && storageSize.inBytes < trueBytes * 2;
};

/** Sizes of the model behind a card: gpt-oss exactly, anything else as one dense model of the card's size. */
export function modelBehind(card: ModelCard): ModelSpec {
  const name = card.nLayers === 36 ? "gpt-oss-120b" : "gpt-oss-20b";
  const known = /gpt-oss/i.test(card.modelId) ? findModel(name, "MXFP4-Q8") : undefined;
  if (known !== undefined && known.layers === card.nLayers && isOfSize(card, known)) return known;
  const layerBytes = Math.floor(card.storageSize.inBytes / card.nLayers);
  return {
    name: card.modelId,
    layers: card.nLayers,
    weightBytesPerLayer: layerBytes,
    denseBytesPerLayer: layerBytes,
    expertBytes: 0,
    experts: 1,
    expertsPerToken: 1,
    embedBytes: 0,
    headBytes: 0,
    normBytes: 0,
    hiddenBytes: card.hiddenSize * 2,
    kvBytesPerTokenPerLayer: 2 * (card.numKeyValueHeads ?? 8) * 64 * 2,
    slidingWindow: 1,
    kvStepTokens: 256,
    fullAttentionLayers: Array.from({ length: card.nLayers }, (_, layer) => layer),
  };
}

const planNode = (name: string, mac: MacProfile): PlanNode => ({
  name,
  budgetBytes: mac.memoryBytes,
  reserveBytes: 0,
  effBytesPerSec: mac.effBytesPerSec,
  overheadSecPerLayer: mac.overheadSecPerLayer,
  prefillFlopsPerSec: mac.prefillFlops,
  cordoned: false,
  calibrated: true,
});

/** The links that the instance was told to use, by the addresses in its host lists; the best RDMA link otherwise. */
function usedLinks(tagged: TaggedInstance, profiles: ReadonlyMap<string, MacProfile>): readonly PlanLink[] {
  const instance = bodyOf(tagged);
  const shards = shardsByRank(instance);
  return shards.flatMap(({ nodeId: from }, rank) => {
    const right = (rank + 1) % shards.length;
    const to = shards[right]?.nodeId;
    if (from === undefined || to === undefined || from === to) return [];
    const mac = profiles.get(from);
    const name = profiles.get(to)?.name;
    const link =
      instance.hostsByNode === undefined
        ? mac?.links.find((one) => one.to === name && one.kind === "rdma")
        : linkTo(mac, name, instance.hostsByNode[from]?.[right]?.ip ?? "");
    return link === undefined ? [] : [{ from, to, alphaSec: link.alphaSec, bytesPerSec: link.bytesPerSec }];
  });
}

/** @param profiles the Macs by exo node id */
export function createGenerationPace(
  tagged: TaggedInstance,
  profiles: ReadonlyMap<string, MacProfile>,
): GenerationPace {
  const shards = shardsByRank(bodyOf(tagged));
  const stages: readonly PlacedStage[] = shards.map(({ nodeId, shard }) => ({
    node: nodeId ?? "",
    layers: heldLayers(shard),
  }));
  const nodes = stages.flatMap(({ node }) => {
    const mac = profiles.get(node);
    return mac === undefined ? [] : [planNode(node, mac)];
  });
  const card = shards[0]?.shard.modelCard;
  if (card === undefined) return { stepSec: () => indescribableStepSec, prefillSec: () => indescribableStepSec };
  const model = modelBehind(card);
  const tensor = isTensor(tagged);
  const problem = (batch: number, contextTokens: number): PlanProblem => ({
    nodes,
    links: usedLinks(tagged, profiles),
    model,
    workload: { contextTokens, concurrency: batch, batch },
    objective: "latency",
    outputPolicy: "replicated",
    sharding: "pipeline",
    replicas: 1,
    minNodes: 1,
    maxNodes: stages.length,
    pins: [],
  });
  const known = new Map<string, number>();
  const stepSec = (batch: number, tokens: number): number => {
    const contextTokens = Math.max(1, Math.ceil(tokens / contextStepTokens)) * contextStepTokens;
    const key = `${batch} ${contextTokens}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const asked = problem(batch, contextTokens);
    const { latencySec } = tensor
      ? evaluateTensorPair(
          asked,
          stages.map(({ node }) => node),
        )
      : evaluatePlacement(asked, stages);
    const sec = Number.isFinite(latencySec) ? latencySec : indescribableStepSec;
    known.set(key, sec);
    return sec;
  };
  return {
    stepSec,
    prefillSec: (promptTokens) => {
      const each = stages.flatMap(({ node: name, layers }) => {
        const node = nodes.find((candidate) => candidate.name === name);
        return node === undefined ? [] : [prefillSec(node, model, layers, promptTokens, promptTokens / 2)];
      });
      // Members of a tensor group work at the same time, each on its share; the slowest sets the pace.
      return tensor ? Math.max(0, ...each) / stages.length : each.reduce((sum, sec) => sum + sec, 0);
    },
  };
}
