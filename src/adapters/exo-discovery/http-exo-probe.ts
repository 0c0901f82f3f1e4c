import { readExoVariant } from "../../cluster/exo-variant.js";
import type { HostPort } from "../../config/host-port.js";
import type { ExoProbe, ProbeResult, ToldCluster } from "../../discover/exo/exo-probe.js";
import {
  type RawClusterParts,
  readClassicNodes,
  readCluster,
  readNodeId,
} from "../../discover/exo/read-exo-answers.js";
import { type Answer, getJson } from "./get-json.js";

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
/** Most of each answer that is read. exo's OpenAPI document has about 200 kB; a part of the state some kB a node. */
const limits = { nodeId: kibibyte, health: kibibyte, openapi: 4 * mebibyte, part: 2 * mebibyte, state: 16 * mebibyte };

export interface HttpExoProbeSettings {
  /** Until a host has to answer its first question. Default 2 s. */
  readonly firstAnswerMs?: number;
  /** For everything asked of one host. Default 6 s. */
  readonly totalMs?: number;
}

const jsonOf = (answer: Answer): unknown => (answer.kind === "json" ? answer.value : undefined);

type Get = (path: string, bytes: number) => Promise<Answer>;

/** Up to 1.0.69 there are no parts of `/state`, only the whole, with every prompt since its master was elected in it. */
async function clusterParts(get: Get): Promise<RawClusterParts | undefined> {
  const topology = await get("/state/topology", limits.part);
  if (topology.kind === "json") {
    const nodeNetwork = jsonOf(await get("/state/nodeNetwork", limits.part));
    const nodeIdentities = jsonOf(await get("/state/nodeIdentities", limits.part));
    return { topology: topology.value, nodeNetwork, nodeIdentities };
  }
  if (topology.kind !== "status") return undefined;
  const whole = jsonOf(await get("/state", limits.state));
  return typeof whole === "object" && whole !== null ? (whole as RawClusterParts) : undefined;
}

async function askModern(nodeId: string, get: Get): Promise<ProbeResult> {
  const variant = readExoVariant(jsonOf(await get("/openapi.json", limits.openapi)));
  const parts = await clusterParts(get);
  const cluster: ToldCluster | undefined = parts === undefined ? undefined : readCluster(parts);
  return {
    kind: "exo-1.x",
    nodeId,
    ...(variant === undefined ? {} : { variant }),
    ...(cluster === undefined ? {} : { cluster }),
  };
}

async function askClassic(get: Get): Promise<ProbeResult> {
  const health = jsonOf(await get("/healthcheck", limits.health));
  const ok = typeof health === "object" && health !== null && "status" in health && health.status === "ok";
  if (!ok) return { kind: "other" };
  const nodeIds = readClassicNodes(jsonOf(await get("/v1/topology", limits.part)));
  return nodeIds === undefined ? { kind: "other" } : { kind: "exo-0.0.x", nodeIds };
}

/** Tells exo 1.x, exo 0.0.x and everything else apart by what they answer over HTTP. Reads only. */
export function createHttpExoProbe(settings: HttpExoProbeSettings = {}): ExoProbe {
  const { firstAnswerMs = 2_000, totalMs = 6_000 } = settings;
  return {
    ask: async (target: HostPort, signal: AbortSignal) => {
      const first = AbortSignal.timeout(firstAnswerMs);
      const total = AbortSignal.timeout(totalMs);
      const get: Get = (path, bytes) => getJson(target, path, { bytes, deadline: total }, signal);
      const answer = await getJson(target, "/node_id", { bytes: limits.nodeId, deadline: first }, signal);
      switch (answer.kind) {
        case "silent":
          return { kind: "silent", reason: answer.reason };
        case "odd":
          return { kind: "other" };
        case "status":
          return askClassic(get);
        case "json": {
          const nodeId = readNodeId(answer.value);
          return nodeId === undefined ? { kind: "other" } : askModern(nodeId, get);
        }
        default:
          return answer satisfies never;
      }
    },
  };
}
