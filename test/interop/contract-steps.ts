import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHttpDriver } from "../contract/exo-modern/http-driver.js";
import { learnFacts } from "../contract/exo-modern/learn-facts.js";
import { type CaseOutcome, checkCases, recordExo } from "../contract/exo-modern/run-cases.js";
import { eventually } from "./eventually.js";
import { generationsIn, instancesIn } from "./exo-facts.js";
import { comeUpMs, minuteMs, serving, stateOf } from "./real-cluster.js";
import type { RealNode } from "./real-node.js";
import { report } from "./report.js";
import { exoApiPort, recordFolder, workFolder } from "./settings.js";

/**
 * Asks the exo of the first node everything that is promised of exo's API, and has a runner killed in mid-answer. The steps
 * after it find the model being mended.
 *
 * @returns the last step of the file, which fails when a promise was not kept: what comes in between is worth seeing as well
 */
export function contractSteps(nodes: readonly RealNode[]): { verdict(): void } {
  const outcomes: CaseOutcome[] = [];
  test(
    "exo is asked for all that is promised of its API",
    async () => {
      const [node] = nodes;
      if (node === undefined) throw new Error("there is no node");
      await untilServing(node);
      const baseUrl = `http://${node.address}:${exoApiPort}`;
      const facts = await learnFacts(baseUrl);
      const breakServing = () => killRunner(node);
      const target = { baseUrl, facts, breakServing, untilServing: () => untilServing(node) };
      const source = `exo ${facts.release} on Linux, ${nodes.length} nodes, a model of 36 layers that counts`;
      const folder = join(recordFolder ?? "", facts.release.replaceAll(" ", "-"), "calls");
      outcomes.push(
        ...(recordFolder === undefined
          ? await checkCases(() => openHttpDriver(target))
          : await recordExo({ ...target, folder, source, scrub: withoutMachine })),
      );
      for (const kind of ["kept", "broken", "not-applicable"] as const) {
        const some = outcomes.filter(({ outcome }) => outcome === kind);
        report.say("contract", `${some.length} of ${outcomes.length} promises of exo ${facts.release}: ${kind}`);
      }
      for (const { name, detail } of brokenOnes(outcomes)) report.say("broken", `${name}: ${firstLine(detail)}`);
      expect(outcomes.length).toBeGreaterThan(0);
    },
    2 * comeUpMs + 10 * minuteMs,
  );
  return {
    verdict: () => {
      test("no promise of exo's API was broken", () => {
        expect(brokenOnes(outcomes)).toEqual([]);
      });
    },
  };
}

const brokenOnes = (outcomes: readonly CaseOutcome[]): readonly CaseOutcome[] =>
  outcomes.filter(({ outcome }) => outcome === "broken");

const firstLine = (text = ""): string => text.split("\n", 1)[0] ?? "";

/** Without paths of the machine that the recording was made on. Its name does not show: every node has one of its own. */
const withoutMachine = (text: string): string =>
  text.replaceAll(workFolder, "/exo").replaceAll(process.cwd(), "/exoctl");

/** exoctl replaces an instance whose runner was killed: what was ready a moment ago may be about to go. */
async function untilServing(node: RealNode): Promise<void> {
  await eventually(async () => {
    const { instance } = await serving();
    const running = instancesIn(await stateOf(node.number)).find(({ id }) => id === instance);
    expect(running).toBeDefined();
    expect(running?.stages.map(({ runner }) => runner)).toEqual(running?.stages.map(() => "RunnerReady"));
  }, comeUpMs);
}

/** Waits for an answer to be under way, then kills the process of this node that computes it. */
async function killRunner(node: RealNode): Promise<void> {
  await eventually(async () => {
    expect(generationsIn(await stateOf(node.number)).Running ?? 0).toBeGreaterThan(0);
  }, minuteMs);
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    if (isRunnerOf(pid, node)) process.kill(Number(pid), "SIGKILL");
}

/** exo starts its runners as Python's multiprocessing does. */
function isRunnerOf(pid: string, node: RealNode): boolean {
  try {
    const parent = Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
    const isChild = node.exoPids().includes(parent);
    return isChild && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("spawn_main");
  } catch {
    return false; // ended meanwhile
  }
}
