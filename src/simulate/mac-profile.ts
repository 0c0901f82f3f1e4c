/** How two simulated Macs are connected. Latency and rate come from the placement reference, 3.5. */
export type CableKind = "thunderbolt" | "ethernet-10g" | "ethernet-1g" | "wifi" | "rdma";

/** One direction of a connection to another simulated Mac. The addresses are shown, never dialled. */
export interface MacLink {
  /** Name of the Mac at the other end. */
  readonly to: string;
  readonly kind: CableKind;
  /** The other end's address, as this Mac reaches it. */
  readonly ip: string;
  /** Everything of a hop that does not grow with size. */
  readonly alphaSec: number;
  readonly bytesPerSec: number;
  /** Names of the RDMA interfaces at both ends; for `rdma` only. */
  readonly rdma?: { readonly here: string; readonly there: string };
}

export interface MacInterface {
  readonly name: string;
  readonly ip: string;
  readonly type: "ethernet" | "maybe_ethernet" | "wifi" | "unknown";
}

/** A simulated Mac: everything that its agent, its exo and the other simulated Macs need to know about it. JSON. */
export interface MacProfile {
  /** ComputerName, such as `studio-1`. */
  readonly name: string;
  /** `machdep.cpu.brand_string`, such as `Apple M4 Max`. */
  readonly chip: string;
  /** `hw.model`, such as `Mac16,9`. */
  readonly modelIdentifier: string;
  /** Marketing name as exo reports it, such as `Mac Studio`. */
  readonly modelName: string;
  readonly memoryBytes: number;
  readonly gpuCores: number;
  /** Metal's recommended maximum working set. */
  readonly workingSetBytes: number;
  /** Memory that macOS and other programs use. */
  readonly systemBytes: number;
  /** Effective memory bandwidth of decoding. */
  readonly effBytesPerSec: number;
  readonly overheadSecPerLayer: number;
  /** Arithmetic rate of prefill, FLOP/s. */
  readonly prefillFlops: number;
  /** How fast weights come from the SSD. */
  readonly diskBytesPerSec: number;
  /** How fast weights come from the internet. */
  readonly downloadBytesPerSec: number;
  readonly diskTotalBytes: number;
  readonly diskFreeBytes: number;
  readonly osVersion: string;
  readonly osBuild: string;
  /** Whether MLX is installed, so that Metal's working set can be read. */
  readonly metalInfo: "present" | "missing";
  readonly interfaces: readonly MacInterface[];
  readonly links: readonly MacLink[];
}
