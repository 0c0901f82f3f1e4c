import { readFileSync, writeFileSync } from "node:fs";

/** Runs a command on a machine of its own name and memory, for everything that asks the kernel. */
export interface Costume {
  /** The network namespace that the command runs in. */
  readonly namespace: string;
  readonly name: string;
  readonly memoryGib: number;
  /** Where the made-up `/proc/meminfo` is written, and beside it the settings for name look-ups. */
  readonly meminfoFile: string;
}

const dressed =
  'hostname "$0" && mount --bind "$1" /proc/meminfo && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"';
/** Nobody answers there, which is known at once. A server out of reach costs half a minute for each name. */
const noNames = "nameserver 127.0.0.1\n";

/** @returns the command to run in place of `command` */
export function inCostume(
  { namespace, name, memoryGib, meminfoFile }: Costume,
  command: readonly string[],
): readonly string[] {
  writeFileSync(meminfoFile, costumeMeminfo(readFileSync("/proc/meminfo", "utf8"), memoryGib));
  const resolvFile = `${meminfoFile}.resolv`;
  writeFileSync(resolvFile, noNames);
  return [
    ...["ip", "netns", "exec", namespace, "unshare", "--uts", "--", "sh", "-c", dressed, name, meminfoFile, resolvFile],
    ...command,
  ];
}

function costumeMeminfo(real: string, memoryGib: number): string {
  const kibibytes = memoryGib * 1024 * 1024;
  return real
    .replace(/^MemTotal:.*$/m, `MemTotal: ${kibibytes} kB`)
    .replace(/^MemFree:.*$/m, `MemFree: ${kibibytes - 4 * 1024 * 1024} kB`)
    .replace(/^MemAvailable:.*$/m, `MemAvailable: ${kibibytes - 3 * 1024 * 1024} kB`);
}
