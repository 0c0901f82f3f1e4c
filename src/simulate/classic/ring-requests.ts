import type { ClassicTopology } from "../../cluster/classic-topology.js";
import type { Clock } from "../../runtime/clock.js";
import type { ClassicPeerHandle } from "./classic-peer.js";
import type { HopRequest, ResultRequest, StatusRequest } from "./ring-calls.js";
import { rangeAt, ringOf } from "./ring-view.js";

/** The dummy engine: it counts up from here, and ends beyond its number of tokens with the end token. */
const promptValue = 1;
export const endToken = 69;

export interface RingNode {
  readonly id: string;
  topology(): ClassicTopology;
  peers(): readonly ClassicPeerHandle[];
}

export interface EngineSettings {
  /** Tokens of an answer, the end token included; 10 in exo. */
  readonly tokens: number;
  /** Work of one node on one token. exo's dummy needs none. */
  readonly stepMs: number;
  readonly maxGenerateTokens: number;
}

export interface RingRequests {
  /** Works on a prompt or sends it to the ring's first node. Resolves after the first token was made. */
  prompt(request: Omit<HopRequest, "value">): Promise<void>;
  tensor(request: HopRequest): Promise<void>;
  /** Everybody's tokens, this node's own and those of its peers. */
  onResult(listener: (result: ResultRequest) => void): () => void;
  hear(result: ResultRequest): void;
}

/**
 * A request's way around the ring. As in exo, nobody supervises it: a hop that fails is dropped without a word to the node that was
 * asked, which only hears tokens if it is a peer of the ring's last node.
 */
export function createRingRequests(
  node: RingNode,
  engine: EngineSettings,
  clock: Clock,
  tellStatus: (status: StatusRequest) => void,
): RingRequests {
  const listeners = new Set<(result: ResultRequest) => void>();
  const made = new Map<string, number[]>();
  const hear = (result: ResultRequest): void => {
    for (const listener of listeners) listener(result);
  };
  const placeIn = (layers: number) => {
    const ring = ringOf(node.topology(), layers);
    const place = ring.findIndex((shard) => shard.node === node.id);
    return { ring, place, range: rangeAt(ring, place) };
  };
  const peerAt = (layers: number, place: number): ClassicPeerHandle | "self" => {
    const ring = ringOf(node.topology(), layers);
    rangeAt(ring, place);
    const id = ring[place]?.node;
    if (id === node.id) return "self";
    const peer = node.peers().find((known) => known.id === id);
    if (peer === undefined) throw new RangeError(`Peer for ${place} not found`);
    return peer;
  };
  const forward = async (request: HopRequest): Promise<void> => {
    const { ring, place } = placeIn(request.layers);
    const next = peerAt(request.layers, (place + 1) % ring.length);
    await (next === "self" ? tensor(request) : next.tensor(request));
  };
  const work = async (request: HopRequest): Promise<void> => {
    await clock.sleep(engine.stepMs);
    const isLast = placeIn(request.layers).range.end === request.layers;
    const forwarded = isLast ? sample(request) : request;
    // A background task in exo: what goes wrong there is printed on that node and known nowhere else.
    if (forwarded !== undefined) void forward(forwarded).catch(() => undefined);
  };
  /** @returns what goes on to the first node, or undefined after the last token */
  const sample = (request: HopRequest): HopRequest | undefined => {
    const { requestId } = request;
    const value = request.value + 1;
    const tokens = made.get(requestId) ?? [];
    const token = value > engine.tokens ? endToken : value;
    tokens.push(token);
    const isFinished = token === endToken || tokens.length >= engine.maxGenerateTokens;
    if (isFinished) made.delete(requestId);
    else made.set(requestId, tokens);
    hear({ requestId, tokens: [token], isFinished });
    for (const peer of node.peers())
      void peer.result({ requestId, tokens: [token], isFinished }).catch(() => undefined);
    return isFinished ? undefined : { ...request, value };
  };
  const tensor = async (request: HopRequest): Promise<void> => {
    placeIn(request.layers);
    await work(request).catch(() => undefined); // printed and dropped: the caller sees success
  };
  return {
    prompt: async (request) => {
      const { range } = placeIn(request.layers);
      tellStatus({ nodeId: node.id, status: "start_process_prompt" });
      if (range.start === 0) {
        await work({ ...request, value: promptValue });
      } else {
        const first = peerAt(request.layers, 0);
        if (first === "self") throw new RangeError("maximum recursion depth exceeded");
        await first.prompt({ ...request, value: promptValue });
      }
      tellStatus({ nodeId: node.id, status: "end_process_prompt" });
    },
    tensor,
    onResult: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hear,
  };
}
