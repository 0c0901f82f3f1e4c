const GIB = 2 ** 30;

/** What planning needs to know of a chip. */
export interface ChipConstants {
  /** Memory bandwidth that decoding a mixture of experts reaches; well under the published figure. */
  readonly effBytesPerSec: number;
  /** Fixed cost of one layer in one decode step. */
  readonly overheadSecPerLayer: number;
  /** Arithmetic that prefill reaches, FLOP per second. */
  readonly prefillFlopsPerSec: number;
  /** True where a published measurement stands behind the bandwidth; false for priors and guesses. */
  readonly calibrated: boolean;
}

/** One GPU-core bin of a chip. Bandwidths in GB/s, arithmetic in TFLOPS. */
interface ChipBin {
  readonly gpuCores: number;
  readonly effGbps: number;
  readonly prefillTflops: number;
}

interface ChipRow {
  readonly calibrated: boolean;
  readonly overheadSec: number;
  /** By rising core count. */
  readonly bins: readonly [ChipBin, ...ChipBin[]];
  /** Which bin a machine has when nobody counted its cores: by its memory in GiB. The smallest bin where silent. */
  readonly coresByMemoryGib?: Readonly<Record<number, number>>;
}

const bin = (gpuCores: number, effGbps: number, prefillTflops: number): ChipBin => ({
  gpuCores,
  effGbps,
  prefillTflops,
});

/**
 * Constants of placement reference 3.5: effective bandwidth fitted to published decode rates (`calibrated`) or taken
 * over from a relative (M1, M4 Pro). Prefill: half of the shader peak of reference 2, but 57 % as measured for the
 * M2 Ultra, and 3.5 times the M4 Max for the M5 Max with its matrix units.
 */
const chips: ReadonlyMap<string, ChipRow> = new Map<string, ChipRow>([
  ["M1 Max", { calibrated: false, overheadSec: 100e-6, bins: [bin(24, 180, 4), bin(32, 180, 5.3)] }],
  ["M1 Ultra", { calibrated: false, overheadSec: 100e-6, bins: [bin(48, 360, 7.95), bin(64, 360, 10.6)] }],
  ["M2 Max", { calibrated: true, overheadSec: 80e-6, bins: [bin(30, 180, 5.35), bin(38, 180, 6.8)] }],
  ["M2 Ultra", { calibrated: true, overheadSec: 80e-6, bins: [bin(60, 400, 12.3), bin(76, 400, 15.6)] }],
  [
    "M3 Ultra",
    {
      calibrated: true,
      overheadSec: 80e-6,
      bins: [bin(60, 340, 10.6), bin(80, 340, 14.15)],
      coresByMemoryGib: { 512: 80 },
    },
  ],
  [
    "M4 Max",
    {
      calibrated: true,
      overheadSec: 80e-6,
      bins: [bin(32, 277, 6.5), bin(40, 369, 8)],
      coresByMemoryGib: { 48: 40, 64: 40, 128: 40 },
    },
  ],
  ["M4 Pro", { calibrated: false, overheadSec: 80e-6, bins: [bin(16, 170, 3.25), bin(20, 170, 4.05)] }],
  [
    "M5 Max",
    {
      calibrated: true,
      overheadSec: 80e-6,
      bins: [bin(32, 318, 22.75), bin(40, 425, 28)],
      coresByMemoryGib: { 48: 40, 64: 40, 128: 40 },
    },
  ],
]);

/** Published bandwidth in GB/s of Apple chips without any measurement of this kind of model. */
const nominalGbps: Readonly<Record<string, number>> = {
  M1: 68,
  "M1 Pro": 200,
  M2: 100,
  "M2 Pro": 200,
  M3: 100,
  "M3 Pro": 150,
  "M3 Max": 300,
  M4: 120,
  M5: 153,
  "M5 Pro": 307,
};

/** For a chip nobody has published anything about: that of a plain M2 or M3, the slowest thing a cluster would use. */
const unheardOfGbps = 100;
/** The share of nominal bandwidth to assume where nothing was measured. */
const unknownKappa = 0.5;
const unknownOverheadSec = 100e-6;
/** FLOP per byte of effective bandwidth, the low end of the chips that we know. */
const flopsPerByte = 20;

/** Prefill arithmetic to assume for a node that is known by its effective bandwidth only. */
export const guessedPrefillFlopsPerSec = (effBytesPerSec: number): number => flopsPerByte * effBytesPerSec;

/** Overhead to assume for a node that is known by its effective bandwidth only. */
export const guessedOverheadSecPerLayer = unknownOverheadSec;

/** A chip named in a request, with the memory where the name says it (`m4max64`). */
export interface ChipName {
  /** Without the maker, such as `M4 Max`. */
  readonly chip: string;
  readonly memoryBytes?: number;
}

const familyWords: Readonly<Record<string, string>> = { u: "Ultra", ultra: "Ultra", max: "Max", pro: "Pro" };

/**
 * Reads a brand string (`Apple M4 Max`) or a short plan name (`m4max64`, `m3u96`, `m3ultra-512`: memory in GiB).
 *
 * @returns undefined when `text` is neither.
 */
export function readChipName(text: string): ChipName | undefined {
  const match = /^(?:apple\s+)?m(\d+)[\s-]*(ultra|max|pro|u)?(?:[\s-]*([1-9]\d{0,4})(?:\s*gi?b)?)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const family = familyWords[match[2]?.toLowerCase() ?? ""];
  const chip = family === undefined ? `M${match[1]}` : `M${match[1]} ${family}`;
  return match[3] === undefined ? { chip } : { chip, memoryBytes: Number(match[3]) * GIB };
}

/** Whether the table has constants, or at least the published bandwidth, of this chip. */
export function isKnownChip(text: string): boolean {
  const name = readChipName(text);
  return name !== undefined && (chips.has(name.chip) || nominalGbps[name.chip] !== undefined);
}

const thunderbolt5 = new Set(["M3 Ultra", "M4 Pro", "M4 Max", "M5 Pro", "M5 Max"]);

/** Whether Macs with this chip have Thunderbolt 5, which RDMA needs at both ends; undefined for a chip we do not know. */
export function hasThunderbolt5(text: string): boolean | undefined {
  return isKnownChip(text) ? thunderbolt5.has(readChipName(text)?.chip ?? "") : undefined;
}

function chooseBin(row: ChipRow, memoryBytes: number | undefined, gpuCores: number | undefined): ChipBin {
  const memoryGib = memoryBytes === undefined ? 0 : Math.round(memoryBytes / GIB);
  const cores = gpuCores ?? row.coresByMemoryGib?.[memoryGib] ?? 0;
  return row.bins.findLast((candidate) => candidate.gpuCores <= cores) ?? row.bins[0];
}

/**
 * Constants of a chip, by brand string or short plan name. Never fails: a chip without measurements gets half of its
 * published bandwidth and 100 microseconds a layer, and is marked as not calibrated.
 *
 * @param gpuCores where counted; otherwise the machine's memory decides between bins, and in doubt the smallest one
 */
export function chipConstants(chip: string, memoryBytes?: number, gpuCores?: number): ChipConstants {
  const name = readChipName(chip);
  const row = name && chips.get(name.chip);
  if (row === undefined) {
    const effBytesPerSec = unknownKappa * ((name && nominalGbps[name.chip]) ?? unheardOfGbps) * 1e9;
    return {
      effBytesPerSec,
      overheadSecPerLayer: unknownOverheadSec,
      prefillFlopsPerSec: guessedPrefillFlopsPerSec(effBytesPerSec),
      calibrated: false,
    };
  }
  const found = chooseBin(row, memoryBytes ?? name?.memoryBytes, gpuCores);
  return {
    effBytesPerSec: found.effGbps * 1e9,
    overheadSecPerLayer: row.overheadSec,
    prefillFlopsPerSec: found.prefillTflops * 1e12,
    calibrated: row.calibrated,
  };
}

/** Share of RAM that Metal recommends for models, by RAM in GiB (reference 2.1; logs of macOS 15 and 26). */
const workingSetShares: readonly (readonly [gib: number, share: number])[] = [
  [16, 2 / 3],
  [24, 0.75],
  [32, 0.78],
  [36, 0.78],
  [48, 0.78],
  [64, 0.81],
  [96, 0.83],
  [128, 0.84],
  [192, 0.86],
  [256, 0.875],
  [512, 0.906],
];

function workingSetShare(memoryGib: number): number {
  const above = workingSetShares.findIndex(([gib]) => gib >= memoryGib);
  const upper = workingSetShares.at(above);
  const lower = workingSetShares[above - 1];
  if (upper === undefined) return 0;
  if (lower === undefined || above === -1) return upper[1];
  const [lowerGib, lowerShare] = lower;
  return lowerShare + ((memoryGib - lowerGib) / (upper[0] - lowerGib)) * (upper[1] - lowerShare);
}

/** What Metal usually recommends as the largest working set on a Mac with so much RAM, in bytes. */
export const usualWorkingSetBytes = (memoryBytes: number): number =>
  Math.floor(memoryBytes * workingSetShare(memoryBytes / GIB));

/** The working set to plan with on a Mac whose Metal could not be asked: the usual value less 5 %. */
export const estimatedWorkingSetBytes = (memoryBytes: number): number =>
  Math.floor(0.95 * usualWorkingSetBytes(memoryBytes));
