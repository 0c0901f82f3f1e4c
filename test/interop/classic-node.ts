import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningCommand, startCommand } from "./command.js";
import { inCostume } from "./costume.js";
import { addressOf, exoApiPort, exoCommand, nameOf, namespaceOf, workFolder } from "./settings.js";

/** A real exo 0.0.x in a network namespace of its own, with exo's own engine for tests. */
export interface ClassicNode {
  readonly number: number;
  readonly name: string;
  readonly process: RunningCommand;
  /** With what exo says at `DEBUG=2`, which includes the layers it gave itself for each request. */
  readonly logFile: string;
}

export interface ClassicRun {
  /** A folder with the package `exo` that this node runs. */
  readonly checkout: string;
  /** Besides those that every node here gets. */
  readonly flags: Readonly<Record<string, string>>;
  readonly memoryGib: number;
}

/** Where nodes call one another over gRPC. */
export const classicPeerPort = 50_051;
const discoveryFile = join(workFolder, "peers.json");
export const classicLogFile = (number: number): string => join(workFolder, `${nameOf(number)}.log`);

/** Starts a node. Its folders last, so that it is the same one when it is started again. */
export function startClassicNode(number: number, { checkout, flags, memoryGib }: ClassicRun): ClassicNode {
  const name = nameOf(number);
  const folder = join(workFolder, name);
  for (const part of ["home", "tmp", "exo"]) mkdirSync(join(folder, part), { recursive: true });
  const costume = { namespace: namespaceOf(number), name, memoryGib, meminfoFile: join(folder, "meminfo") };
  const all = {
    "--node-id": name,
    "--node-host": addressOf(number),
    "--node-port": String(classicPeerPort),
    "--chatgpt-api-port": String(exoApiPort),
    "--discovery-module": "manual",
    "--discovery-config-path": discoveryFile,
    "--inference-engine": "dummy",
    "--chatgpt-api-response-timeout": "60",
    ...flags,
  };
  const logFile = classicLogFile(number);
  const process_ = startCommand({
    command: inCostume(costume, [...exoCommand, ...Object.entries(all).flat(), "--disable-tui"]),
    env: {
      PATH: process.env.PATH ?? "",
      PYTHONPATH: checkout,
      PYTHONUNBUFFERED: "1",
      DEBUG: "2",
      // A hub that cannot be reached stops the whole node for minutes: exo asks it inside its event loop.
      HF_HUB_OFFLINE: "1",
      HOME: join(folder, "home"),
      TMPDIR: join(folder, "tmp"),
      EXO_HOME: join(folder, "exo"),
    },
    logFile,
  });
  return { number, name, process: process_, logFile };
}

/** The file by which nodes find one another, with the true memory of each. Replaced as a whole. */
export function writeDiscoveryFile(memoriesGib: ReadonlyMap<number, number>): void {
  const peers = [...memoriesGib].map(([number, memoryGib]) => {
    const flops = { fp32: 0, fp16: 0, int8: 0 };
    const device_capabilities = { model: "test", chip: "test", memory: memoryGib * 1024, flops };
    return [nameOf(number), { address: addressOf(number), port: classicPeerPort, device_capabilities }] as const;
  });
  writeFileSync(`${discoveryFile}.new`, JSON.stringify({ peers: Object.fromEntries(peers) }));
  renameSync(`${discoveryFile}.new`, discoveryFile);
}
