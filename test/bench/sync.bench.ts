import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import type { SyncSummary } from "../../src/controller/sync/sync-api.js";
import { peakBytes, processorSec, startSyncCluster, syncThroughKill } from "../support/sync-cluster.js";
import { writeRandomModel } from "../support/sync-house.js";
import { printTable, times, timeText } from "./bench-table.js";

/** A slower one, `EXOCTL_BENCH_UPLINK=2500000`, shows how copies spread where processors are busy with other things. */
const uplinkBytesPerSec = Number(process.env.EXOCTL_BENCH_UPLINK ?? 25_000_000);
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const longest = ({ nodes }: SyncSummary): number => Math.max(...nodes.map(({ tookMs }) => tookMs));
const sentBy = ({ nodes }: SyncSummary, source: string): number =>
  nodes.reduce((sum, { fetchedBytes }) => sum + (fetchedBytes[source] ?? 0), 0);

/** On the built program: `npm run build` first. Every agent is a process of its own with its own limit. */
test("one copy, and eight copies at the same time", async () => {
  const cluster = await startSyncCluster({ macs: 9, uplinkBytesPerSec });
  const [seed, ...targets] = cluster.names as [string, ...string[]];
  try {
    const size = Math.round(times(256_000_000) / 16);
    const files = await writeRandomModel(
      cluster.modelsOf(seed),
      Array.from({ length: 16 }, () => size),
    );
    const used = () => cluster.names.reduce((sum, name) => sum + processorSec(cluster.agentOf(name) ?? 0), 0);
    const atFirst = used();
    const one = await cluster.sync("--to", targets[0] ?? "");
    await rm(cluster.folderOf(targets[0] ?? ""), { recursive: true });
    const afterOne = used();
    const eight = await cluster.sync();
    const processor = [afterOne - atFirst, used() - afterOne];
    expect(eight.nodes.map(({ outcome }) => outcome)).toEqual(targets.map(() => "copied"));
    expect(eight.nodes).toHaveLength(8);
    const ratio = longest(eight) / longest(one);
    printTable(
      `${mb(eight.bytes)} in ${Object.keys(files).length} files, each agent sends ${mb(uplinkBytesPerSec)}/s at most`,
      ["copies", "time", "times one copy", "processor time of all agents", "sent by the source", "sent by the others"],
      [one, eight].map((summary, at) => {
        const others = targets.reduce((sum, name) => sum + sentBy(summary, name), 0);
        const factor = (longest(summary) / longest(one)).toFixed(2);
        return [
          String(summary.nodes.length),
          timeText(longest(summary)),
          factor,
          `${(processor[at] ?? 0).toFixed(1)} s`,
          mb(sentBy(summary, seed)),
          mb(others),
        ];
      }),
    );
    const peaks = cluster.names.map((name) => [name, peakBytes(cluster.agentOf(name) ?? 0)] as const);
    printTable(
      "Peak memory of each agent",
      ["agent", "resident"],
      peaks.map(([name, bytes]) => [name, mb(bytes)]),
    );
    expect(ratio).toBeLessThanOrEqual(1.8);
    for (const [, bytes] of peaks) expect(bytes).toBeLessThan(150e6);
  } finally {
    await cluster.close();
  }
});

test("a copy goes on after kill -9 of the agent that makes it", async () => {
  const cluster = await startSyncCluster({ macs: 2, uplinkBytesPerSec });
  const [seed, target] = cluster.names as [string, string];
  try {
    const bytes = times(256_000_000);
    await writeRandomModel(
      cluster.modelsOf(seed),
      Array.from({ length: 16 }, () => Math.round(bytes / 16)),
    );
    const { nodes, bytes: total } = await syncThroughKill(cluster, target, bytes / 2);
    const [node] = nodes;
    const fetched = node?.fetchedBytes[seed] ?? 0;
    printTable(
      "Killed with -9 when half was there",
      ["whole", "kept", "fetched after it"],
      [[mb(total), mb(node?.keptBytes ?? 0), mb(fetched)]],
    );
    expect(node?.outcome).toBe("copied");
    expect((node?.keptBytes ?? 0) + fetched).toBe(total);
  } finally {
    await cluster.close();
  }
});
