import { expect } from "vitest";
import { openGrpcClassicPeer } from "../../src/adapters/exo-classic/grpc-classic-peer.js";
import { openHttpClassicExo } from "../../src/adapters/exo-classic/http-classic-exo.js";
import { classicPartitions, classicShards } from "../../src/cluster/classic-ring.js";
import { judgeClassicRing } from "../../src/inventory/classic-agreement.js";
import type { TargetNode } from "../contract/exo-classic/classic-target.js";
import { classicChat, rangesInLog, viewOf } from "./classic-facts.js";
import {
  type ClassicNode,
  type ClassicRun,
  classicLogFile,
  classicPeerPort,
  startClassicNode,
  writeDiscoveryFile,
} from "./classic-node.js";
import { eventually } from "./eventually.js";
import { addressOf, exoApiPort, nameOf } from "./settings.js";

/** Memory of each node, in GiB. */
export type Memories = ReadonlyMap<number, number>;

const minuteMs = 60_000;
const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const nodes = new Map<number, ClassicNode>();

/** A node as exoctl's adapters and the contract cases reach it. */
export const targetOf = (number: number): TargetNode => ({
  id: nameOf(number),
  api: { host: addressOf(number), port: exoApiPort },
  grpc: { host: addressOf(number), port: classicPeerPort },
});

/** Layers that exoctl says each node takes, in ring order. */
const foretold = (memoriesGib: Memories, layers: number) =>
  classicShards(
    classicPartitions([...memoriesGib].map(([number, gib]) => ({ id: nameOf(number), memory: gib * 1024 }))),
    layers,
  ).map(({ node, layers: { start, end } }) => [node, start, end]);

/** Starts one node of a ring. */
export function startInRing(memoriesGib: Memories, number: number, run: Omit<ClassicRun, "memoryGib">): void {
  writeDiscoveryFile(memoriesGib);
  nodes.set(number, startClassicNode(number, { ...run, memoryGib: memoriesGib.get(number) ?? 0 }));
}

/** Ends a node and waits until it has. */
export async function stopInRing(number: number, how: NodeJS.Signals): Promise<void> {
  const node = nodes.get(number);
  nodes.delete(number);
  node?.process.signal(how);
  await node?.process.ended;
}

export async function stopRing(): Promise<void> {
  await Promise.all([...nodes.keys()].map((number) => stopInRing(number, "SIGTERM")));
}

/** Waits until each of these nodes sees all of them, with the memory it has, and every edge of the full mesh. */
export function ringAgrees(memoriesGib: Memories): Promise<void> {
  const numbers = [...memoriesGib.keys()];
  const names = numbers.map(nameOf);
  const edges = names.flatMap((from) => names.filter((to) => to !== from).map((to) => `${from} > ${to}`));
  const memoryMb = Object.fromEntries([...memoriesGib].map(([number, gib]) => [nameOf(number), gib * 1024]));
  return eventually(async () => {
    for (const number of numbers) expect(await viewOf(number)).toEqual({ memoryMb, edges: edges.toSorted() });
  }, minuteMs);
}

/** Chats through every node, then reads from exo's own words which layers each gave itself. @returns them, as one line */
export async function ringRanAs(memoriesGib: Memories, model: string, layers: number): Promise<string> {
  const wanted = foretold(memoriesGib, layers);
  for (const number of memoriesGib.keys()) {
    const answer = await classicChat(number, model);
    const [choice] = answer.choices;
    expect([answer.model, choice?.finish_reason, choice?.message.content]).toEqual([model, "stop", "dummy".repeat(10)]);
  }
  for (const number of memoriesGib.keys()) {
    const [first = -1, last = -1] = rangesInLog(classicLogFile(number), model).at(-1) ?? [];
    expect(wanted).toContainEqual([nameOf(number), first, last + 1]);
  }
  return wanted.map(([name, from, to]) => `${name} ${from}-${to}`).join(", ");
}

/** What exoctl's own adapters read over HTTP and over gRPC, and its judgement of both. */
export async function adaptersAgree(memoriesGib: Memories, layers: number): Promise<void> {
  for (const protocol of ["http", "grpc"] as const) {
    const views = [];
    for (const number of memoriesGib.keys()) {
      const { api, grpc, id } = targetOf(number);
      const open = protocol === "http" ? openHttpClassicExo({ address: api }) : openGrpcClassicPeer({ address: grpc });
      await open.health(soon());
      views.push({ node: id, topology: await open.topology(soon()) });
      await open.close();
    }
    const judged = judgeClassicRing(views, layers);
    if (judged.kind !== "agreed") throw new Error(`over ${protocol}: ${JSON.stringify(judged.problems)}`);
    expect(judged.ring.map(({ node, layers: { start, end } }) => [node, start, end])).toEqual(
      foretold(memoriesGib, layers),
    );
  }
}
