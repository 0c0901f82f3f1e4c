/** TFLOPS from exo's own table of chips; it shows them and decides nothing by them. 0 where it does not know the chip. */
export interface ClassicFlops {
  readonly fp32: number;
  readonly fp16: number;
  readonly int8: number;
}

/** What exo 0.0.x says about one machine. */
export interface ClassicMachine {
  /** Such as `Mac Studio`. Empty when exo did not say. */
  readonly model: string;
  readonly chip: string;
  /**
   * All memory of the machine in MB, a whole number of at least 0, as exo counts it: the share of the layers follows from it.
   * 0 means that exo could not measure it.
   */
  readonly memoryMb: number;
  readonly flops: ClassicFlops;
}

/** One directed connection of the ring's mesh, as one node reports it. */
export interface ClassicEdge {
  readonly from: string;
  readonly to: string;
  /** The way: `MAN` (manual), `TS` (tailscale), or the interface such as `Thunderbolt (bridge0)` (UDP). Empty when not said. */
  readonly description: string;
}

/**
 * One node's opinion about its cluster: itself and those peers that it reaches directly. Other nodes may see it differently, so
 * nothing follows from one topology alone (see `inventory/classic-agreement.ts`).
 */
export interface ClassicTopology {
  /** By node id, which is what `--node-id` said. */
  readonly nodes: ReadonlyMap<string, ClassicMachine>;
  /** May name nodes that are not in `nodes`. */
  readonly edges: readonly ClassicEdge[];
  /** The node that works on a prompt right now; never known over gRPC. */
  readonly activeNodeId?: string;
}
