import { openUndiciUpstream, type UndiciUpstreamOptions } from "../../src/adapters/http/undici-upstream.js";
import type { DoorSettings } from "../../src/gateway/door/door-settings.js";
import type { GatewayLimits } from "../../src/gateway/gateway-settings.js";
import type { KeyAccess } from "../../src/gateway/keys/key-access.js";
import { type Gateway, openGateway } from "../../src/gateway/serve-gateway.js";
import type { ServingModel, Target } from "../../src/route/serving-model.js";
import type { Clock } from "../../src/runtime/clock.js";
import type { LogFields, Logger } from "../../src/runtime/logger.js";

/** The machine's own clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

/** A clock that moves only when a test says so. */
export interface HandClock extends Clock {
  /** Moves on, waking every sleeper whose time has come, and lets what they started run. */
  advance(ms: number): Promise<void>;
  sleepers(): number;
}

export function createHandClock(start = 1_760_000_000_000): HandClock {
  let time = start;
  const sleeping = new Set<{ readonly at: number; wake(): void }>();
  return {
    now: () => time,
    sleepers: () => sleeping.size,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          sleeping.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper = {
          at: time + ms,
          wake() {
            sleeping.delete(sleeper);
            signal?.removeEventListener("abort", stop);
            resolve();
          },
        };
        sleeping.add(sleeper);
        signal?.addEventListener("abort", stop, { once: true });
      }),
    async advance(ms) {
      time += ms;
      for (const sleeper of [...sleeping]) if (sleeper.at <= time) sleeper.wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Repeatable numbers in 0 up to, not including, 1. */
export function seededRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A logger that keeps every line, to be searched for what must not be in it. */
export function createLogKeeper(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const keeper = (bound: LogFields): Logger & { readonly lines: string[] } => {
    const write =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        lines.push(JSON.stringify({ level, message, ...bound, ...fields }));
      };
    return {
      lines,
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      child: (fields) => keeper({ ...bound, ...fields }),
    };
  };
  return keeper({});
}

export const aModel = (targets: readonly Target[], overrides: Partial<ServingModel> = {}): ServingModel => ({
  name: "gpt-oss-120b",
  aliases: ["think"],
  contextTokens: 32_768,
  state: "ready",
  targets,
  ...overrides,
});

export interface GatewayHouse extends Gateway {
  readonly baseUrl: string;
  readonly log: readonly string[];
  /** Replaces what is served. */
  serve(models: readonly ServingModel[]): void;
}

export interface HouseOptions {
  readonly limits?: Partial<GatewayLimits>;
  readonly upstream?: UndiciUpstreamOptions;
  readonly clock?: Clock;
  readonly host?: string;
  readonly door?: DoorSettings;
  readonly keys?: KeyAccess;
  readonly socketPath?: string;
  readonly logger?: ReturnType<typeof createLogKeeper>;
}

/** A gateway on a free port of this machine, in front of whatever the models name. */
export async function openHouse(models: readonly ServingModel[], options: HouseOptions = {}): Promise<GatewayHouse> {
  const upstream = openUndiciUpstream(options.upstream);
  const logger = options.logger ?? createLogKeeper();
  const { host = "127.0.0.1", door, keys, socketPath } = options;
  let served = models;
  const gateway = await openGateway({
    listen: { host, port: 0 },
    ...(door === undefined ? {} : { door }),
    ...(keys === undefined ? {} : { keys }),
    ...(socketPath === undefined ? {} : { socketPath }),
    models: () => served,
    upstream,
    clock: options.clock ?? realClock,
    random: seededRandom(),
    logger,
    limits: { closeGraceMs: 200, ...options.limits },
  });
  return {
    ...gateway,
    baseUrl: `${typeof (door?.tls ?? "none") === "string" ? "http" : "https"}://127.0.0.1:${gateway.port}`,
    log: logger.lines,
    serve(next) {
      served = next;
    },
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}
