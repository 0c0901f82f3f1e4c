import type { Clock } from "../runtime/clock.js";
import { readFirstModel } from "./first-model.js";
import {
  OtherModelError,
  RingLostError,
  type Upstream,
  type UpstreamError,
  type UpstreamExchange,
  type UpstreamRequest,
  type UpstreamSink,
} from "./upstream.js";

export interface RingUpstreamOptions {
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** Why the ring can't answer now; undefined while it can. Asked several times a second. */
  readonly lost: () => string | undefined;
  /** How long a ring that nobody listens to any more may say nothing before it is taken for free. */
  readonly drainSilenceMs: number;
  /** Called once for each request, when the ring has done with it. */
  readonly onOver: () => void;
}

const lookEveryMs = 200;

/**
 * Requests to a ring of exo 0.0.x. Answers of another model are errors, and so is the loss of a node, which exo itself reports
 * to nobody. exo can't be told to stop: when the client leaves, the rest of the answer is read and thrown away, so that the next
 * request does not meet a ring that is still at work.
 */
export const createRingUpstream = (options: RingUpstreamOptions): Upstream => ({
  open: (request, sink) => openExchange(options, request, sink),
});

function openExchange(
  { upstream, clock, lost, drainSilenceMs, onOver }: RingUpstreamOptions,
  { target, body }: UpstreamRequest,
  sink: UpstreamSink,
): UpstreamExchange {
  let state: "asked" | "left" | "over" = "asked";
  let heardAt = clock.now();
  const watching = new AbortController();
  const check = checkModel(target.upstreamModel, sink);

  const over = (): void => {
    if (state === "over") return;
    state = "over";
    watching.abort();
    onOver();
  };
  const leave = (error?: UpstreamError): void => {
    if (state !== "asked") return;
    state = "left";
    inner.resume();
    if (error !== undefined) sink.failed(error);
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(lookEveryMs, watching.signal);
      const reason = lost();
      const isSilent = state === "left" && clock.now() - heardAt >= drainSilenceMs;
      if (reason === undefined && !isSilent) continue;
      leave(new RingLostError(target.id, reason ?? "it says nothing any more"));
      inner.abort();
      over();
    }
  };
  const inner = upstream.open(
    { target, body },
    {
      data: (bytes) => {
        heardAt = clock.now();
        if (state !== "asked") return "more";
        const answer = check(bytes);
        if (answer.kind === "more") return answer.next;
        leave(new OtherModelError(target.id, answer.model));
        return "more";
      },
      end: () => {
        const asked = state === "asked";
        over();
        if (asked) sink.end();
      },
      failed: (error) => {
        const asked = state === "asked";
        over();
        if (asked) sink.failed(error);
      },
    },
  );
  watch().catch(() => undefined); // its only failure is the end of the watch
  return {
    resume: () => inner.resume(),
    abort: () => leave(),
  };
}

type Checked =
  | { readonly kind: "more"; readonly next: "more" | "pause" }
  | { readonly kind: "other"; readonly model: string };

/** Holds bytes back until it is sure whose they are, and passes everything on from then. */
function checkModel(wanted: string, sink: UpstreamSink): (bytes: Buffer) => Checked {
  let held: Buffer | undefined = Buffer.alloc(0);
  return (bytes) => {
    if (held === undefined) return { kind: "more", next: sink.data(bytes) };
    held = Buffer.concat([held, bytes]);
    const first = readFirstModel(held);
    if (first.kind === "more") return { kind: "more", next: "more" };
    if (first.model !== undefined && first.model !== wanted) return { kind: "other", model: first.model };
    const all = held;
    held = undefined;
    return { kind: "more", next: sink.data(all) };
  };
}
