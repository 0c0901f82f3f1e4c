import type { ExoShard, RunnerState } from "../../inventory/exo-state.js";
import { count, field, present, tagged, text } from "./fields.js";

/** The part of a shard that its runner decides. */
export type RunnerView = Pick<ExoShard, "runner" | "progress" | "error">;

/** Class names of every 1.x release; `RunnerWaitingForModel` is the oldest one's first state. */
const states: Readonly<Record<string, RunnerState>> = {
  RunnerWaitingForModel: "idle",
  RunnerIdle: "idle",
  RunnerConnecting: "connecting",
  RunnerConnected: "connected",
  RunnerLoading: "loading",
  RunnerLoaded: "loaded",
  RunnerWarmingUp: "warming-up",
  RunnerReady: "ready",
  RunnerRunning: "running",
  RunnerShuttingDown: "shutting-down",
  RunnerShutdown: "shutdown",
  RunnerFailed: "failed",
};

/** Reads one entry of `runners`. A missing entry is a runner that has not started; an odd one is never healthy. */
export function parseRunner(raw: unknown): RunnerView {
  if (raw === undefined) return { runner: "absent" };
  const status = tagged(raw);
  if (status === undefined) return { runner: "unknown" };
  const runner = Object.hasOwn(states, status.tag) ? (states[status.tag] ?? "unknown") : "unknown";
  if (runner === "loading") return { runner, ...present({ progress: parseProgress(status.body) }) };
  if (runner === "failed") return { runner, ...present({ error: text(field(status.body, "errorMessage")) }) };
  return { runner };
}

function parseProgress(body: unknown): ExoShard["progress"] | undefined {
  const layersLoaded = count(field(body, "layersLoaded"));
  const totalLayers = count(field(body, "totalLayers"));
  return layersLoaded === undefined || totalLayers === undefined ? undefined : { layersLoaded, totalLayers };
}
