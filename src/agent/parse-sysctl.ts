/** What `sysctl` said, by oid. Lines of any other form are left out. */
export function parseSysctl(text: string): ReadonlyMap<string, string> {
  return new Map(
    Array.from(text.matchAll(/^([\w.]+): (.*)$/gm), ([, oid, value]) => [oid ?? "", (value ?? "").trim()] as const),
  );
}

/** Digits only, as a whole number above 0 that JavaScript holds exactly; undefined for anything else. */
export function positiveInteger(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** What identifies a Mac. */
export interface SysctlHardware {
  readonly modelIdentifier: string;
  readonly chip: string;
  readonly memoryBytes: number;
}

/**
 * Reads `sysctl hw.model hw.memsize hw.optional.arm64 machdep.cpu.brand_string`.
 *
 * @returns undefined unless model, chip and memory are all there and the machine is Apple silicon
 */
export function parseSysctlHardware(text: string): SysctlHardware | undefined {
  const values = parseSysctl(text);
  const modelIdentifier = values.get("hw.model");
  const chip = values.get("machdep.cpu.brand_string");
  const memoryBytes = positiveInteger(values.get("hw.memsize"));
  if (!modelIdentifier || !chip || memoryBytes === undefined) return undefined;
  if (values.get("hw.optional.arm64") !== "1" || !chip.startsWith("Apple ")) return undefined;
  return { modelIdentifier, chip, memoryBytes };
}

/**
 * Reads `sysctl -n iogpu.wired_limit_mb`: the limit of GPU memory that an admin has set.
 *
 * @returns bytes; `"default"` when macOS decides (0); undefined when the text says neither
 */
export function parseWiredLimit(text: string): number | "default" | undefined {
  const value = text.trim();
  if (value === "0") return "default";
  const mebibytes = positiveInteger(value);
  return mebibytes === undefined || mebibytes > 2 ** 30 ? undefined : mebibytes * 2 ** 20;
}
