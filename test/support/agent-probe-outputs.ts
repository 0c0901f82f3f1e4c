import type { HostProbe, ProbeOutput, ProbeQuestion } from "../../src/agent/host-probe.js";

/** Output of the commands as a 256 GB Mac Studio prints it. */
export const macOutputs = {
  sw_vers: "ProductName:\t\tmacOS\nProductVersion:\t\t26.4.1\nBuildVersion:\t\t25E253\n",
  "sysctl-hardware":
    "hw.model: Mac15,14\nhw.memsize: 274877906944\nhw.optional.arm64: 1\nmachdep.cpu.brand_string: Apple M3 Ultra\n",
  vm_stat: [
    "Mach Virtual Memory Statistics: (page size of 16384 bytes)",
    "Pages free:                            12033110.",
    "Pages active:                           1421553.",
    "Pages inactive:                         1402118.",
    "Pages speculative:                        21977.",
    "Pages wired down:                        813904.",
    "Pages purgeable:                           8123.",
    '"Translation faults":                    123456.',
    "Swapouts:                                     0.",
    "",
  ].join("\n"),
  "iogpu-wired-limit": "0\n",
  "metal-device-info":
    '{"info": {"device_name": "Apple M3 Ultra", "max_recommended_working_set_size": "223338299392", "memory_size": "274877906944"}, "ok": true}\n',
  "computer-name": "studio-1\n",
} satisfies Partial<Record<ProbeQuestion, string>>;

/** Files of a Linux server with 23.5 GiB, as its kernel prints them. */
export const linuxOutputs = {
  "proc-meminfo": [
    "MemTotal:       24684092 kB",
    "MemFree:        17573916 kB",
    "MemAvailable:   23945188 kB",
    "Buffers:          116800 kB",
    "",
  ].join("\n"),
  "proc-cpuinfo": ["processor\t: 0", "vendor_id\t: AuthenticAMD", "model\t\t: 1", "model name\t: AMD EPYC", ""].join(
    "\n",
  ),
  "os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n',
} satisfies Partial<Record<ProbeQuestion, string>>;

export const macAvailableBytes = (12_033_110 + 1_402_118 + 21_977 + 8_123) * 16_384;

/** A machine that prints these texts, by default a Mac; `null` stands for a command that is not there. */
export function createFakeProbe(
  changes: Partial<Record<ProbeQuestion, string | null>> = {},
  outputs: Partial<Record<ProbeQuestion, string>> = macOutputs,
): HostProbe & { readonly asked: readonly ProbeQuestion[] } {
  const asked: ProbeQuestion[] = [];
  return {
    asked,
    ask: async (question): Promise<ProbeOutput> => {
      asked.push(question);
      const stdout = question in changes ? changes[question] : outputs[question];
      if (stdout === null || stdout === undefined) return { kind: "missing" };
      return { kind: "output", stdout, stderr: "", exitCode: 0 };
    },
  };
}
