import { estimatedWorkingSetBytes } from "../cluster/chips.js";
import type { Hardware, MemoryFacts } from "../cluster/hardware.js";
import type { Clock } from "../runtime/clock.js";
import { createDescribeLinux } from "./describe-linux.js";
import type { HostProbe } from "./host-probe.js";
import type { DescribeMachine } from "./machine-facts.js";
import { parseMetalWorkingSet } from "./parse-metal-info.js";
import { parseSwVers } from "./parse-sw-vers.js";
import { parseSysctlHardware, parseWiredLimit } from "./parse-sysctl.js";
import { parseVmStat } from "./parse-vm-stat.js";
import { outputOf } from "./probe-output.js";
import { RefusalError } from "./refusal.js";

async function readHardware(probe: HostProbe, signal: AbortSignal): Promise<Hardware> {
  // sysctl exits with an error when one oid is unknown, and prints the others all the same.
  const answer = await probe.ask("sysctl-hardware", signal);
  const hardware = answer.kind === "output" ? parseSysctlHardware(answer.stdout) : undefined;
  if (hardware === undefined) {
    throw new RefusalError("not_possible", "this machine does not say that it is a Mac with Apple silicon (sysctl)");
  }
  const os = await outputOf(probe, "sw_vers", signal);
  return { ...hardware, ...(os === undefined ? {} : parseSwVers(os)) };
}

type WorkingSet = Pick<MemoryFacts, "workingSetBytes" | "workingSetSource">;

/** Metal's own answer where exo's Python can give it, then the admin's limit, then an estimate that says so. */
async function readWorkingSet(
  probe: HostProbe,
  memoryBytes: number,
  wiredLimit: number | "default" | undefined,
  signal: AbortSignal,
): Promise<WorkingSet> {
  const metal = parseMetalWorkingSet((await outputOf(probe, "metal-device-info", signal)) ?? "");
  if (metal !== undefined && metal <= memoryBytes) return { workingSetBytes: metal, workingSetSource: "metal" };
  if (typeof wiredLimit === "number" && wiredLimit <= memoryBytes) {
    return { workingSetBytes: wiredLimit, workingSetSource: "sysctl" };
  }
  return { workingSetBytes: estimatedWorkingSetBytes(memoryBytes), workingSetSource: "estimated" };
}

/** How long an estimate stands before Metal is asked again: starting exo's Python takes seconds. */
const askMetalAgainMs = 300_000;

interface KnownWorkingSet {
  readonly at: number;
  readonly wiredLimit: number | "default" | undefined;
  readonly workingSet: WorkingSet;
}

/** Measures this machine, which is a Mac unless it has Linux's /proc. */
export function createDescribeMachine(probe: HostProbe, clock: Clock): DescribeMachine {
  let measure: DescribeMachine | undefined;
  return async (signal) => {
    if (measure === undefined) {
      const linux = (await probe.ask("proc-meminfo", signal)).kind !== "missing";
      measure = linux ? createDescribeLinux(probe) : createDescribeMac(probe, clock);
    }
    return await measure(signal);
  };
}

/**
 * Measures a Mac through its commands. What can't change while it runs is asked once; Metal, which is slow to ask, again
 * when the limit set by the admin has changed, or after some minutes when it could not be asked.
 */
function createDescribeMac(probe: HostProbe, clock: Clock): DescribeMachine {
  let hardware: Hardware | undefined;
  let known: KnownWorkingSet | undefined;
  const isCurrent = (facts: KnownWorkingSet, wiredLimit: KnownWorkingSet["wiredLimit"]): boolean =>
    facts.wiredLimit === wiredLimit &&
    (facts.workingSet.workingSetSource === "metal" || clock.now() - facts.at < askMetalAgainMs);
  return async (signal) => {
    hardware ??= await readHardware(probe, signal);
    const totalBytes = hardware.memoryBytes;
    const availableBytes = parseVmStat((await outputOf(probe, "vm_stat", signal)) ?? "");
    if (availableBytes === undefined) {
      throw new RefusalError("not_possible", "this machine does not say how much memory is free (vm_stat)");
    }
    const wiredLimit = parseWiredLimit((await outputOf(probe, "iogpu-wired-limit", signal)) ?? "");
    if (known === undefined || !isCurrent(known, wiredLimit)) {
      const workingSet = await readWorkingSet(probe, totalBytes, wiredLimit, signal);
      known = { at: clock.now(), wiredLimit, workingSet };
    }
    const memory = { totalBytes, availableBytes: Math.min(availableBytes, totalBytes), ...known.workingSet };
    return { hardware, memory };
  };
}
