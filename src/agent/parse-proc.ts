import { positiveInteger } from "./parse-sysctl.js";

/** Linux's memory in bytes. */
export interface MeminfoMemory {
  readonly totalBytes: number;
  /** What a program could still take without swapping: the figure that exo reports as available. */
  readonly availableBytes: number;
}

/** Reads `/proc/meminfo`. @returns undefined when one of the two lines is missing or odd */
export function parseMeminfo(text: string): MeminfoMemory | undefined {
  const bytesOf = (name: string): number | undefined => {
    const kibibytes = positiveInteger(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]);
    return kibibytes === undefined ? undefined : kibibytes * 1024;
  };
  const totalBytes = bytesOf("MemTotal");
  const availableBytes = bytesOf("MemAvailable");
  if (totalBytes === undefined || availableBytes === undefined) return undefined;
  return { totalBytes, availableBytes: Math.min(availableBytes, totalBytes) };
}

/** The processor's name in `/proc/cpuinfo`; ARM kernels print none. */
export const parseCpuinfo = (text: string): string | undefined => /^model name\s*: (.*\S)/m.exec(text)?.[1];

/** Version of the distribution in `os-release`, where it has one. */
export const parseOsRelease = (text: string): string | undefined => /^VERSION_ID="?([\w.]+)"?$/m.exec(text)?.[1];
