/** A machine with a certain chip, as macOS names it. Speeds come from the chip table that planning uses. */
export interface ChipProfile {
  /** `machdep.cpu.brand_string`. */
  readonly chip: string;
  /** `hw.model`. */
  readonly modelIdentifier: string;
  readonly modelName: string;
  /** Of the full chip. */
  readonly gpuCores: number;
}

const studio = "Mac Studio";

/** Machines that a simulated Mac may be (placement reference, table 2). */
export const chipProfiles: readonly ChipProfile[] = [
  { chip: "Apple M1 Max", modelIdentifier: "Mac13,1", modelName: studio, gpuCores: 32 },
  { chip: "Apple M1 Ultra", modelIdentifier: "Mac13,2", modelName: studio, gpuCores: 64 },
  { chip: "Apple M2 Max", modelIdentifier: "Mac14,13", modelName: studio, gpuCores: 38 },
  { chip: "Apple M2 Ultra", modelIdentifier: "Mac14,14", modelName: studio, gpuCores: 76 },
  { chip: "Apple M3 Ultra", modelIdentifier: "Mac15,14", modelName: studio, gpuCores: 80 },
  { chip: "Apple M4 Max", modelIdentifier: "Mac16,9", modelName: studio, gpuCores: 40 },
  { chip: "Apple M4 Pro", modelIdentifier: "Mac16,11", modelName: "Mac mini", gpuCores: 20 },
];

/** Latency and rate of a hop by kind of link (placement reference 3.5). */
export const cableCosts = {
  rdma: { alphaSec: 0.0006, bytesPerSec: 6e9 },
  thunderbolt: { alphaSec: 0.0015, bytesPerSec: 2.5e9 },
  "ethernet-10g": { alphaSec: 0.0018, bytesPerSec: 1.1e9 },
  "ethernet-1g": { alphaSec: 0.0022, bytesPerSec: 0.11e9 },
  wifi: { alphaSec: 0.02, bytesPerSec: 0.03e9 },
} as const;
