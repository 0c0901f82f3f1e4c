/**
 * A question an agent may ask its machine. The list is closed: an adapter maps each to one fixed command line or file. The last
 * three are Linux's, the others macOS's.
 */
export type ProbeQuestion =
  | "sw_vers"
  | "sysctl-hardware"
  | "vm_stat"
  | "iogpu-wired-limit"
  | "metal-device-info"
  | "computer-name"
  | "proc-meminfo"
  | "proc-cpuinfo"
  | "os-release";

/** What a command printed, or a file held. `missing`: there is no such thing here. */
export type ProbeOutput =
  | { readonly kind: "output"; readonly stdout: string; readonly stderr: string; readonly exitCode: number }
  | { readonly kind: "missing" };

/** Asks the machine. A simulated Mac differs from a real one only behind this port and in its exo. */
export interface HostProbe {
  ask(question: ProbeQuestion, signal: AbortSignal): Promise<ProbeOutput>;
}
