import { parseArgs } from "node:util";

/** exo 0.0.15's command line, as far as the simulation heeds it. */
export interface ClassicFlags {
  /** `run` sends one prompt and ends; without a command the node serves. */
  readonly command: "serve" | "run";
  readonly model?: string;
  readonly prompt: string;
  readonly defaultModel: string;
  readonly nodeId: string;
  readonly nodeHost: string;
  /** 0 takes a free one. */
  readonly nodePort: number;
  readonly apiPort: number;
  readonly responseTimeoutMs: number;
  readonly maxGenerateTokens: number;
  readonly waitForPeers: number;
  readonly discoveryFile: string;
}

/** The command line is wrong; real exo prints its usage and exits with this code. */
export class ClassicUsageError extends Error {
  override readonly name = "ClassicUsageError";

  constructor(
    message: string,
    readonly exitCode: 1 | 2,
  ) {
    super(message);
  }
}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

/** Flags that exo knows and that change nothing here. */
const unheeded = {
  "batch-size": text,
  "broadcast-port": text,
  data: text,
  "default-temp": text,
  "discovery-timeout": text,
  "download-quick-check": flag,
  "interface-type-filter": text,
  iters: text,
  "listen-port": text,
  "max-parallel-downloads": text,
  "models-seed-dir": text,
  "node-id-filter": text,
  "resume-checkpoint": text,
  "save-checkpoint-dir": text,
  "save-every": text,
  "system-prompt": text,
  "tailnet-name": text,
  "tailscale-api-key": text,
} as const;

const options = {
  ...unheeded,
  "chatgpt-api-port": text,
  "chatgpt-api-response-timeout": text,
  "default-model": text,
  "disable-tui": flag,
  "no-disable-tui": flag,
  "discovery-config-path": text,
  "discovery-module": text,
  "inference-engine": text,
  "max-generate-tokens": text,
  "node-host": text,
  "node-id": text,
  "node-port": text,
  prompt: text,
  "run-model": text,
  "wait-for-peers": text,
} as const;

/**
 * Reads exo's own command line. Only what the simulation has is accepted: manual discovery and the dummy engine.
 *
 * @param newId names a node that was given no id
 * @throws ClassicUsageError
 */
export function parseClassicFlags(args: readonly string[], newId: () => string): ClassicFlags {
  const { values, positionals } = parse(args);
  const [command, model, ...more] = positionals;
  if ((command !== undefined && command !== "run") || more.length > 0)
    throw new ClassicUsageError(`argument command: invalid choice: '${command}' (the simulation knows 'run' only)`, 2);
  if (values["inference-engine"] !== "dummy")
    throw new ClassicUsageError("a simulated exo 0.0.x has the dummy engine only: --inference-engine dummy", 1);
  if ((values["discovery-module"] ?? "udp") !== "manual")
    throw new ClassicUsageError("a simulated exo 0.0.x has manual discovery only: --discovery-module manual", 1);
  const discoveryFile = values["discovery-config-path"];
  if (discoveryFile === undefined)
    throw new ClassicUsageError("--discovery-config-path is required when using manual discovery.", 1);
  const run = model ?? values["run-model"];
  return {
    command: command === "run" || run !== undefined ? "run" : "serve",
    ...(run === undefined ? {} : { model: run }),
    prompt: values.prompt ?? "Who are you?",
    defaultModel: values["default-model"] ?? "llama-3.2-1b",
    nodeId: values["node-id"] ?? newId(),
    // exo's own default is all interfaces, which a simulation never opens.
    nodeHost: values["node-host"] ?? "127.0.0.1",
    nodePort: whole(values["node-port"], 0, "--node-port"),
    apiPort: whole(values["chatgpt-api-port"], 52_415, "--chatgpt-api-port"),
    responseTimeoutMs: 1_000 * whole(values["chatgpt-api-response-timeout"], 900, "--chatgpt-api-response-timeout"),
    maxGenerateTokens: whole(values["max-generate-tokens"], 10_000, "--max-generate-tokens"),
    waitForPeers: whole(values["wait-for-peers"], 0, "--wait-for-peers"),
    discoveryFile,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new ClassicUsageError(error instanceof Error ? error.message : String(error), 2);
  }
}

function whole(value: string | undefined, byDefault: number, name: string): number {
  if (value === undefined) return byDefault;
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  throw new ClassicUsageError(`argument ${name}: invalid int value: '${value}'`, 2);
}
