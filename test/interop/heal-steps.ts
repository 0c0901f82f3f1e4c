import { expect, test } from "vitest";
import { eventually } from "./eventually.js";
import { membersIn } from "./exo-facts.js";
import { stagesLine } from "./exoctl-facts.js";
import { capital, comeUpMs, gateway, minuteMs, servedModel, serving, stateOf } from "./real-cluster.js";
import { exoctl, writeClusterFile } from "./real-controller.js";
import type { RealNode } from "./real-node.js";
import { report } from "./report.js";
import { nodeNumbers } from "./settings.js";

const answered = async (): Promise<void> => {
  const answer = await (await gateway()).chat.completions.create({ model: servedModel, messages: capital });
  expect(answer.choices[0]?.message.content).toBe("Paris");
};

/** An exo dies, then a whole node; each time the model has to serve again. */
export function healSteps(nodes: readonly RealNode[]): void {
  test(
    "exo killed on one node: the agent starts it again and the model comes back",
    async () => {
      const victim = nodes.at(-1);
      const before = await eventually(serving, comeUpMs);
      for (const pid of victim?.exoPids() ?? []) process.kill(pid, "SIGKILL");
      const since = Date.now();
      const model = await eventually(async () => {
        const now = await serving();
        if (now.instance === before.instance) throw new Error("the old instance is still there");
        return now;
      }, comeUpMs);
      const members = membersIn(await stateOf(1));
      expect(members).toHaveLength(nodeNumbers.length);
      await answered();
      const sec = ((Date.now() - since) / 1000).toFixed(0);
      report.say("heal", `exo on ${victim?.name} was killed; ${stagesLine(model.stages)} again after ${sec} s`);
    },
    comeUpMs + 2 * minuteMs,
  );

  test.runIf(nodeNumbers.length > 2)(
    "a whole node lost: the others take its layers",
    async () => {
      const { code, stderr } = await exoctl("apply", "-f", writeClusterFile(2));
      expect(code, stderr).toBe(0);
      const before = await eventually(serving, comeUpMs);
      const lost = nodes.find(({ name }) => before.stages.some((stage) => stage.node === name && stage.rank > 0));
      const pids = [...(lost?.exoPids() ?? []), ...(lost === undefined ? [] : [lost.agent.pid])];
      for (const pid of pids) process.kill(pid, "SIGKILL");
      const since = Date.now();
      const model = await eventually(async () => {
        const now = await serving();
        if (now.stages.some((stage) => stage.node === lost?.name)) throw new Error("the lost node still has layers");
        return now;
      }, comeUpMs);
      await answered();
      const sec = ((Date.now() - since) / 1000).toFixed(0);
      report.say("lost node", `${lost?.name} was killed; ${stagesLine(model.stages)} after ${sec} s`);
    },
    comeUpMs + 3 * minuteMs,
  );
}
