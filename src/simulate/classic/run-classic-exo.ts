import type { Clock } from "../../runtime/clock.js";
import { isLoopback } from "../fabric/fabric-relay.js";
import { startClassicApi } from "./classic-api.js";
import type { ClassicFlags } from "./classic-flags.js";
import { type ClassicNode, startClassicNode } from "./classic-node.js";
import { type ClassicCards, engineClass } from "./classic-registry.js";
import type { ClassicSettings } from "./classic-settings.js";
import { createTokenQueue } from "./token-queue.js";

export interface ClassicExoParts {
  readonly flags: ClassicFlags;
  readonly settings: ClassicSettings;
  readonly cards: ClassicCards;
  /** Where `system_profiler` is looked for, through its PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** A simulated exo 0.0.15 that serves. */
export interface RunningClassicExo {
  readonly nodeId: string;
  /** `--node-host` and the port of gRPC. */
  readonly grpc: { readonly host: string; readonly port: number };
  readonly api: { readonly host: string; readonly port: number };
  /** Resolves when it was told to end, over HTTP or by `close`. */
  readonly ended: Promise<"quit" | "closed">;
  /** Breaks everything under way, as an exo that ends. Safe to call again. */
  close(): Promise<void>;
}

/**
 * Starts a node and, once it has a topology, its HTTP API.
 *
 * @throws RangeError when told to listen on, or that a port is taken; nothing is left open then
 */
export async function startClassicExo(parts: ClassicExoParts): Promise<RunningClassicExo> {
  const { flags, settings, cards } = parts;
  if (!isLoopback(settings.apiHost))
    throw new RangeError(`a simulation listens on loopback only, not on ${settings.apiHost}`);
  const node = await startNode(parts);
  let end: (reason: "quit" | "closed") => void = () => {};
  const ended = new Promise<"quit" | "closed">((resolve) => {
    end = resolve;
  });
  const api = await startClassicApi({
    cards,
    defaultModel: flags.defaultModel,
    requests: node.requests,
    topology: node.topology,
    host: settings.apiHost,
    port: flags.apiPort,
    responseTimeoutMs: flags.responseTimeoutMs * settings.timeScale,
    onQuit: () => end("quit"),
  }).catch(async (error: unknown) => {
    await node.close();
    throw error;
  });
  return {
    nodeId: node.id,
    grpc: { host: flags.nodeHost, port: node.grpcPort },
    api: { host: settings.apiHost, port: api.port },
    ended,
    close: async () => {
      await Promise.all([api.close(), node.close()]);
      end("closed");
    },
  };
}

const startNode = ({ flags, settings, cards, env, clock }: ClassicExoParts): Promise<ClassicNode> =>
  startClassicNode({ flags, cards, env, clock, ...settings });

/**
 * `exo run MODEL`: one prompt on a node that opens no API, then the end. exo's exit code is 0 whatever came of it.
 *
 * @returns what exo prints
 */
export async function runClassicOnce(parts: ClassicExoParts): Promise<readonly string[]> {
  const { flags, cards } = parts;
  const card = cards.get(flags.model ?? "");
  if (card?.repos.has(engineClass) !== true || card.layers < 1)
    return [`Error: Unsupported model '${flags.model}' for inference engine ${engineClass}`];
  const node = await startNode(parts);
  const requestId = "run";
  const queue = createTokenQueue(node.requests, requestId);
  try {
    await node.requests.prompt({ requestId, modelId: card.id, layers: card.layers });
    let tokens = 0;
    for await (const result of queue.results) {
      tokens += result.tokens.length;
      if (result.isFinished) break;
    }
    const lines = ["Processing prompt: dummy_tokenized_prompt", "", "Generated response:", "dummy".repeat(tokens)];
    return lines;
  } catch (error) {
    return [`Error processing prompt: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    queue.close();
    await node.close();
  }
}
