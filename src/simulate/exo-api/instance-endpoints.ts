import { randomUUID } from "node:crypto";
import { bodyOf, type ModelCard, type TaggedInstance } from "../exo/exo-types.js";
import { type PlacementRequest, placeInstance } from "../exo/place-instance.js";
import type { SimulatedVariant } from "../exo/simulated-variant.js";
import { object, optional, required, text, word } from "../exo/strict-schema.js";
import {
  type ApiRequest,
  ExoHttpError,
  queryInteger,
  queryWord,
  type Route,
  readBody,
  readQuery,
  sendJson,
} from "./api-request.js";
import { awaitInstance } from "./await-instance.js";
import { createInstanceCheck } from "./instance-schema.js";
import { looseInteger } from "./loose-checks.js";

const shardings = ["Pipeline", "Tensor"] as const;
const metas = ["MlxRing", "MlxJaccl"] as const;
const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);

const received = (commandId: string, rest: object) => ({
  message: "Command received.",
  command_id: commandId,
  ...rest,
});

/** The only check of memory that exo makes: the registry's size against the free memory of all nodes together. */
function checkMemory(request: ApiRequest, card: ModelCard): void {
  const available = Object.values(request.node.state().nodeMemory).reduce(
    (sum, one) => sum + one.ramAvailable.inBytes,
    0,
  );
  const needed = card.storageSize.inBytes;
  if (needed > available)
    throw new ExoHttpError(
      400,
      `Insufficient memory to create instance. Required: ${gigabytes(needed)}GB, Available: ${gigabytes(available)}GB`,
    );
}

async function createInstance(request: ApiRequest, variant: SimulatedVariant): Promise<void> {
  const { instance } = readBody(request, createInstanceCheck(variant)) as { readonly instance: TaggedInstance };
  const card = await request.node.cards.load(bodyOf(instance).shardAssignments.modelId);
  checkMemory(request, card);
  await request.node.command({ type: "CreateInstance", instance });
  sendJson(request.response, 200, received(randomUUID(), { model_card: card }));
}

const placeCheck = object(
  {
    model_id: required(text),
    sharding: optional(word(...shardings), "Pipeline"),
    instance_meta: optional(word(...metas), "MlxRing"),
    min_nodes: optional(looseInteger, 1),
  },
  "ignore",
);

interface PlaceBody {
  readonly model_id: string;
  readonly sharding: PlacementRequest["sharding"];
  readonly instance_meta: PlacementRequest["instanceMeta"];
  readonly min_nodes: number;
}

/** Whatever goes wrong on the master is only logged there: the answer is the same. */
async function place(request: ApiRequest): Promise<void> {
  const body = readBody(request, placeCheck) as PlaceBody;
  const modelCard = await request.node.cards.load(body.model_id);
  const placement = {
    modelCard,
    sharding: body.sharding,
    instanceMeta: body.instance_meta,
    minNodes: body.min_nodes,
    requiredNodes: [],
  };
  await request.node.command({ type: "PlaceInstance", request: placement });
  sendJson(request.response, 200, received(randomUUID(), { model_card: modelCard }));
}

async function getPlacement(request: ApiRequest): Promise<void> {
  const modelId = readQuery(request, "model_id", (raw) => raw);
  const sharding = readQuery(request, "sharding", queryWord("sharding", shardings), "Pipeline");
  const instanceMeta = readQuery(request, "instance_meta", queryWord("instance_meta", metas), "MlxRing");
  const minNodes = readQuery(request, "min_nodes", queryInteger("min_nodes"), 1);
  const modelCard = await request.node.cards.load(modelId);
  try {
    const placement = { modelCard, sharding, instanceMeta, minNodes, requiredNodes: [] };
    sendJson(request.response, 200, placeInstance(placement, request.node.state()));
  } catch (error) {
    if (error instanceof RangeError) throw new ExoHttpError(400, error.message);
    throw error;
  }
}

/** An equal split of the card's size over the nodes in the order of their ids: not what they will really hold. */
function memoryDeltas(instance: TaggedInstance, card: ModelCard): Record<string, number> {
  const nodes = Object.keys(bodyOf(instance).shardAssignments.nodeToRunner).toSorted();
  const total = card.storageSize.inBytes;
  const each = Math.floor(total / nodes.length);
  return Object.fromEntries(nodes.map((node, at) => [node, each + (at < total % nodes.length ? 1 : 0)]));
}

async function previews(request: ApiRequest): Promise<void> {
  const modelId = readQuery(request, "model_id", (raw) => raw);
  const state = request.node.state();
  if (state.topology.nodes.length === 0) return sendJson(request.response, 200, { previews: [] });
  const modelCard = await request.node.cards.load(modelId).catch((error: Error) => {
    throw new ExoHttpError(400, `Failed to load model card: ${error.message}`);
  });
  const requiredNodes = request.query.getAll("node_ids");
  const seen = new Set<string>();
  const found: object[] = [];
  for (const sharding of shardings)
    for (const instanceMeta of metas)
      for (let minNodes = 1; minNodes <= state.topology.nodes.length; minNodes += 1) {
        const head = { model_id: modelId, sharding, instance_meta: instanceMeta };
        const add = (size: number, preview: object): void => {
          const key = `${sharding} ${instanceMeta} ${size}`;
          if (!seen.has(key)) found.push({ ...head, ...preview });
          seen.add(key);
        };
        try {
          const instance = placeInstance({ modelCard, sharding, instanceMeta, minNodes, requiredNodes }, state);
          const size = Object.keys(bodyOf(instance).shardAssignments.nodeToRunner).length;
          add(size, { instance, memory_delta_by_node: memoryDeltas(instance, modelCard), error: null });
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          add(0, { instance: null, memory_delta_by_node: null, error: error.message });
        }
      }
  sendJson(request.response, 200, { previews: found });
}

function knownInstance(request: ApiRequest): TaggedInstance {
  const instance = request.node.state().instances[request.params.instance_id ?? ""];
  if (instance === undefined) throw new ExoHttpError(404, "Instance not found");
  return instance;
}

async function deleteInstance(request: ApiRequest): Promise<void> {
  const { instanceId } = bodyOf(knownInstance(request));
  await request.node.command({ type: "DeleteInstance", instanceId });
  sendJson(request.response, 200, received(randomUUID(), { instance_id: instanceId }));
}

/** Creating, looking at and deleting instances. */
export function instanceRoutes(variant: SimulatedVariant): readonly Route[] {
  return [
    { method: "POST", path: "/instance", endpoint: (request) => createInstance(request, variant) },
    { method: "POST", path: "/place_instance", endpoint: place },
    { method: "GET", path: "/instance/placement", endpoint: getPlacement },
    { method: "GET", path: "/instance/previews", endpoint: previews },
    ...(variant === "newer" ? [{ method: "GET", path: "/instance/await", endpoint: awaitInstance } as const] : []),
    {
      method: "GET",
      path: "/instance/{instance_id}",
      endpoint: (request) => sendJson(request.response, 200, knownInstance(request)),
    },
    { method: "DELETE", path: "/instance/{instance_id}", endpoint: deleteInstance },
  ];
}
