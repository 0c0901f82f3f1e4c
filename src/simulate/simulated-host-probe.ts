import type { HostProbe, ProbeOutput, ProbeQuestion } from "../agent/host-probe.js";
import type { MacProfile } from "./mac-profile.js";
import { readLoadedBytes } from "./simulated-memory.js";

const pageBytes = 16_384;

const printed = (stdout: string): ProbeOutput => ({ kind: "output", stdout, stderr: "", exitCode: 0 });

function swVers(mac: MacProfile): string {
  return `ProductName:\t\tmacOS\nProductVersion:\t\t${mac.osVersion}\nBuildVersion:\t\t${mac.osBuild}\n`;
}

function sysctl(mac: MacProfile): string {
  const lines = [
    `hw.model: ${mac.modelIdentifier}`,
    `hw.memsize: ${mac.memoryBytes}`,
    "hw.optional.arm64: 1",
    `machdep.cpu.brand_string: ${mac.chip}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Free, inactive, speculative and purgeable pages add up to what exo reports as available. */
function vmStat(mac: MacProfile, loadedBytes: number): string {
  const available = Math.max(0, Math.floor((mac.memoryBytes - mac.systemBytes - loadedBytes) / pageBytes));
  const inactive = Math.floor(available * 0.1);
  const speculative = Math.floor(available * 0.002);
  const purgeable = Math.floor(available * 0.0007);
  const wired = Math.floor((mac.systemBytes / 2 + loadedBytes) / pageBytes);
  const counters: readonly (readonly [string, number])[] = [
    ["Pages free", available - inactive - speculative - purgeable],
    ["Pages active", Math.floor(mac.systemBytes / 2 / pageBytes)],
    ["Pages inactive", inactive],
    ["Pages speculative", speculative],
    ["Pages wired down", wired],
    ["Pages purgeable", purgeable],
    ["Pages stored in compressor", 0],
    ["Pages occupied by compressor", 0],
    ["Swapouts", 0],
  ];
  const lines = counters.map(([name, pages]) => `${`${name}:`.padEnd(32)}${`${pages}.`.padStart(16)}`);
  return `Mach Virtual Memory Statistics: (page size of ${pageBytes} bytes)\n${lines.join("\n")}\n`;
}

function metalInfo(mac: MacProfile): ProbeOutput {
  if (mac.metalInfo === "missing") return { kind: "missing" };
  const info = {
    device_name: mac.chip,
    architecture: "applegpu_g13s",
    max_buffer_length: String(Math.floor(mac.workingSetBytes * 0.75)),
    max_recommended_working_set_size: String(mac.workingSetBytes),
    memory_size: String(mac.memoryBytes),
    resource_limit: "499000",
  };
  return printed(`${JSON.stringify({ info, ok: true })}\n`);
}

/**
 * The host probe of a simulated Mac: answers in the form of the real tools, from its profile.
 *
 * @param options.exoHome where the simulated exo of this Mac says how much memory its weights take
 */
export function createSimulatedHostProbe(mac: MacProfile, options: { readonly exoHome?: string } = {}): HostProbe {
  const answer = async (question: ProbeQuestion): Promise<ProbeOutput> => {
    switch (question) {
      case "sw_vers":
        return printed(swVers(mac));
      case "sysctl-hardware":
        return printed(sysctl(mac));
      case "vm_stat":
        return printed(vmStat(mac, options.exoHome === undefined ? 0 : await readLoadedBytes(options.exoHome)));
      case "iogpu-wired-limit":
        return printed("0\n");
      case "metal-device-info":
        return metalInfo(mac);
      case "computer-name":
        return printed(`${mac.name}\n`);
      case "proc-meminfo":
      case "proc-cpuinfo":
      case "os-release":
        return { kind: "missing" };
      default:
        return question satisfies never;
    }
  };
  return {
    async ask(question, signal) {
      signal.throwIfAborted();
      return await answer(question);
    },
  };
}
