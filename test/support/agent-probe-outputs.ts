import type { HostProbe, ProbeOutput, ProbeQuestion } from "../../src/agent/host-probe.js";

/** Output of the commands as a 256 GB Mac Studio prints it. */
export const macOutputs: Readonly<Record<ProbeQuestion, string>> = {
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
};

export const macAvailableBytes = (12_033_110 + 1_402_118 + 21_977 + 8_123) * 16_384;

/** A machine that prints these texts; `null` stands for a command that is not there. */
export function createFakeProbe(
  changes: Partial<Record<ProbeQuestion, string | null>> = {},
): HostProbe & { readonly asked: readonly ProbeQuestion[] } {
  const asked: ProbeQuestion[] = [];
  return {
    asked,
    ask: async (question): Promise<ProbeOutput> => {
      asked.push(question);
      const stdout = question in changes ? changes[question] : macOutputs[question];
      if (stdout === null || stdout === undefined) return { kind: "missing" };
      return { kind: "output", stdout, stderr: "", exitCode: 0 };
    },
  };
}
