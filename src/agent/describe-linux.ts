import { estimatedWorkingSetBytes } from "../cluster/chips.js";
import type { Hardware } from "../cluster/hardware.js";
import type { HostProbe } from "./host-probe.js";
import type { DescribeMachine } from "./machine-facts.js";
import { parseCpuinfo, parseMeminfo, parseOsRelease } from "./parse-proc.js";
import { outputOf } from "./probe-output.js";
import { RefusalError } from "./refusal.js";

/**
 * Measures a Linux machine, on which exo computes on the CPU. Nothing limits what a model may occupy there; the share that
 * Metal leaves to models serves as the limit, so that the machine stays usable.
 */
export function createDescribeLinux(probe: HostProbe): DescribeMachine {
  let known: Omit<Hardware, "memoryBytes"> | undefined;
  return async (signal) => {
    known ??= await readProcessor(probe, signal);
    const memory = parseMeminfo((await outputOf(probe, "proc-meminfo", signal)) ?? "");
    if (memory === undefined) {
      throw new RefusalError("not_possible", "this machine does not say how much memory it has (/proc/meminfo)");
    }
    const { totalBytes } = memory;
    return {
      hardware: { ...known, memoryBytes: totalBytes },
      memory: {
        ...memory,
        workingSetBytes: estimatedWorkingSetBytes(totalBytes),
        workingSetSource: "estimated",
      },
    };
  };
}

async function readProcessor(probe: HostProbe, signal: AbortSignal): Promise<Omit<Hardware, "memoryBytes">> {
  const chip = parseCpuinfo((await outputOf(probe, "proc-cpuinfo", signal)) ?? "");
  const osVersion = parseOsRelease((await outputOf(probe, "os-release", signal)) ?? "");
  return {
    modelIdentifier: "Linux",
    chip: chip ?? "unknown processor",
    ...(osVersion === undefined ? {} : { osVersion }),
  };
}
