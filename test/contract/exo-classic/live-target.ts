import type { ExoAddress } from "../../../src/inventory/exo-state.js";
import type { ClassicTarget, TargetNode } from "./classic-target.js";

/**
 * A live ring: real nodes of exo 0.0.15 with the dummy engine, set up as `ClassicTarget` says. They are asked, never started or
 * stopped.
 *
 * @param nodes `studio-a=HOST:APIPORT:GRPCPORT,studio-b=...,studio-c=...`, as in `EXOCTL_CLASSIC_RING`
 * @throws TypeError when that is not three nodes
 */
export function openLiveTarget(nodes: string): ClassicTarget {
  const [a, b, c] = nodes.split(",").map(nodeIn);
  if (a === undefined || b === undefined || c === undefined) throw new TypeError(`not three nodes: ${nodes}`);
  return {
    setups: ["stock"],
    ring: async () => [a, b, c],
    single: () => Promise.reject(new TypeError("a live ring has the stock setup only")),
    close: async () => {},
  };
}

function nodeIn(text: string): TargetNode {
  const [, id = "", host = "", api = "", grpc = ""] = /^([^=]+)=([^:]+):(\d+):(\d+)$/.exec(text) ?? [];
  if (id === "") throw new TypeError(`not ID=HOST:APIPORT:GRPCPORT: ${text}`);
  const at = (port: string): ExoAddress => ({ host, port: Number(port) });
  return { id, api: at(api), grpc: at(grpc) };
}
