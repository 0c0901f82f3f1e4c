import type { ByteText, TextField } from "./chunk-template.js";
import type { UpstreamChunk } from "./upstream-chunk.js";

/** What stands in every chunk and in every whole answer. */
export interface AnswerIdentity {
  /** `chatcmpl-...`, the same in every chunk. */
  readonly id: string;
  /** Seconds since the Unix epoch. */
  readonly created: number;
  /** The name of the model that clients know. */
  readonly model: string;
  /** Says in every answer that no real machine computed it. */
  readonly origin: "real" | "simulated";
}

/** Value of `system_fingerprint` in answers of a simulated cluster. */
export const simulatedFingerprint = "exoctl-simulated";

/** Receives one answer from a target and brings it to the client in the form that was asked for. */
export interface AnswerSink {
  text(field: TextField, literal: ByteText): void;
  chunk(chunk: UpstreamChunk): void;
  /** The target is alive but says nothing yet. */
  idle(): void;
  /**
   * Called after each packet from the target.
   *
   * @returns `"pause"` when the client reads too slowly; then `resume` is called once, when it has caught up
   */
  flush(resume: () => void): "more" | "pause";
}
