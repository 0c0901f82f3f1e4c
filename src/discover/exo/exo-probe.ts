import type { ExoVariant } from "../../cluster/exo-variant.js";
import type { HostPort } from "../../config/host-port.js";

/** One address of a node, and the interface that has it. */
export interface ToldInterface {
  /** Such as `en0`. */
  readonly name: string;
  /** IPv6 with or without scope. */
  readonly ip: string;
}

/** One node as an exo 1.x tells of it. */
export interface ToldNode {
  readonly nodeId: string;
  /** ComputerName of the Mac. */
  readonly friendlyName?: string;
  readonly interfaces: readonly ToldInterface[];
}

/** What one exo says about its cluster. */
export interface ToldCluster {
  /** Members, itself included. */
  readonly members: readonly ToldNode[];
  /** Who reached whose HTTP API, by node ids. */
  readonly reached: readonly { readonly from: string; readonly to: string }[];
}

/** What answers at one address. */
export type ProbeResult =
  | {
      readonly kind: "exo-1.x";
      readonly nodeId: string;
      /** Absent: older than 1.0.68. */
      readonly variant?: ExoVariant;
      /** Absent when it did not tell, or not in a form that is understood. */
      readonly cluster?: ToldCluster;
    }
  /** 0.0.x tells nowhere which of these ids is its own. */
  | { readonly kind: "exo-0.0.x"; readonly nodeIds: readonly string[] }
  /** Something listens and is not exo, or answers what exo never would. */
  | { readonly kind: "other" }
  | { readonly kind: "silent"; readonly reason: "refused" | "no-answer" | "no-route" | "no-name" };

/** Asks whatever listens at an address whether it is exo. */
export interface ExoProbe {
  /** Never rejects but with the signal's reason; takes a few seconds at most. */
  ask(target: HostPort, signal: AbortSignal): Promise<ProbeResult>;
}
