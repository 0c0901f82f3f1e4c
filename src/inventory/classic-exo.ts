import type { ClassicTopology } from "../cluster/classic-topology.js";
import type { LayerRange } from "../cluster/layer-range.js";
import type { ExoAddress } from "./exo-state.js";

/**
 * The gRPC side of one exo 0.0.x node, which its peers use. Plain text and without authentication, as exo has it. Only calls
 * that change nothing are made, and never does exoctl join as a peer: a peer gets layers.
 *
 * Every call adds a deadline of its own to the caller's signal and rejects
 * - with `ExoUnreachableError` (retryable) when nothing answers in time,
 * - with `ExoAnswerError` when an answer is not what exo gives: another service listens there, or the data is broken,
 * - with the reason of the caller's signal when that aborts.
 */
export interface ClassicPeer {
  readonly address: ExoAddress;
  /** Resolves as soon as the node's port is open. It says nothing about engine, model or ring. */
  health(signal: AbortSignal): Promise<void>;
  /** The node's present opinion; it renews it about every 2 s. Empty while it waits for peers at its start. */
  topology(signal: AbortSignal): Promise<ClassicTopology>;
  /** Safe to call again. Calls under way reject. */
  close(): Promise<void>;
}

/** A download that a node of the cluster is working on. Finished, waiting and failing ones are not listed by exo at all. */
export interface ClassicDownload {
  readonly modelId: string;
  /** `owner/name` on the hub. */
  readonly repo: string;
  /**
   * The layers the node gave itself, end excluded: the one place where a real assignment can be read from outside. The whole
   * model when the download was asked for over HTTP.
   */
  readonly layers: LayerRange;
  /** Layers of the whole model. */
  readonly modelLayers: number;
  readonly state: "not-started" | "in-progress" | "complete" | "unknown";
  readonly downloadedBytes: number;
  readonly totalBytes: number;
  readonly completedFiles: number;
  readonly totalFiles: number;
  /** By exo's estimate; absent where it has none. */
  readonly bytesPerSecond?: number;
}

export interface ClassicChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Everything that exo 0.0.x heeds of a request. Limits and sampling are fixed on its command line. */
export interface ClassicChatRequest {
  /** As the registry has it. Names that begin `gpt-`, and unknown ones, are answered by exo's default model instead. */
  readonly model: string;
  readonly messages: readonly ClassicChatMessage[];
}

export type ClassicChatEvent =
  | { readonly kind: "token"; readonly text: string }
  /** The answer is whole. `length`: cut at exo's `--max-generate-tokens`. Always the last event. */
  | { readonly kind: "end"; readonly finishReason: "stop" | "length"; readonly requestId: string };

/** How long exo may stay silent. exo's own limit for the whole answer is `--chatgpt-api-response-timeout`. */
export interface ClassicChatTiming {
  /** Until the answer begins: exo sends nothing before the prompt has gone through its first node. */
  readonly firstTokenMs: number;
  /** Between two tokens. A ring that has lost a node goes silent, without an error. */
  readonly silenceMs: number;
}

/**
 * The HTTP side of one exo 0.0.x node. Errors as those of `ClassicPeer`; an answer with another status than 200, or one whose
 * content is not what exo promises, is an `ExoAnswerError` with exo's own words.
 */
export interface ClassicExoApi {
  readonly address: ExoAddress;
  /** Resolves when it says ok, which it does on a broken ring as well. */
  health(signal: AbortSignal): Promise<void>;
  topology(signal: AbortSignal): Promise<ClassicTopology>;
  /** Ids of the whole registry, whatever the engine. Proves that an entry was loaded, and nothing else. */
  models(signal: AbortSignal): Promise<readonly string[]>;
  /** By node id, for the node itself and its direct peers. One broken line makes the whole answer an error. */
  downloads(signal: AbortSignal): Promise<ReadonlyMap<string, ClassicDownload>>;
  /**
   * Asks for a streamed answer. One request at a time is the caller's business: exo has no queue, and it goes on computing
   * after the caller has left, since it knows no way to cancel. Leaving the loop closes the connection.
   *
   * Rejects with `ClassicChatError` in addition to the others, and never ends without an `end` event.
   */
  chat(request: ClassicChatRequest, timing: ClassicChatTiming, signal: AbortSignal): AsyncGenerator<ClassicChatEvent>;
  /** Resolves when exo said that it will end; the process then exits with code 1 within half a second. */
  quit(signal: AbortSignal): Promise<void>;
  /** Safe to call again. */
  close(): Promise<void>;
}

/** exo began an answer that is no whole answer of the model asked for. */
export class ClassicChatError extends Error {
  override readonly name = "ClassicChatError";

  constructor(
    readonly address: ExoAddress,
    /**
     * - `chat_other_model`: exo answered with another model (its default one), which is a matter of the registry;
     * - `chat_unfinished`: the stream ended or broke without a finish reason, so what came is no answer;
     * - `chat_silent`: no token for longer than the request allowed; the ring has probably lost a node;
     * - `chat_garbled`: a line of the stream is not what exo writes.
     */
    readonly code: "chat_other_model" | "chat_unfinished" | "chat_silent" | "chat_garbled",
    /** One sentence for people. */
    readonly detail: string,
    /** Tokens that came before. */
    readonly tokens: number,
    options?: ErrorOptions,
  ) {
    super(`exo at ${address.host}:${address.port}: ${detail}`, options);
  }

  /** Only time can help: the ring heals, or exo's own time limit was met. */
  get retryable(): boolean {
    return this.code === "chat_unfinished" || this.code === "chat_silent";
  }
}
