import { expect, test } from "vitest";
import { version } from "../../src/cli/version.js";
import { readExoVariant } from "../../src/cluster/exo-variant.js";
import { eventually } from "./eventually.js";
import { instancesIn, modelsIn } from "./exo-facts.js";
import { discoveredNow, planNow, stagesLine } from "./exoctl-facts.js";
import { tinyLayers } from "./model-folder.js";
import { comeUpMs, minuteMs, ourModel, serving, stateOf } from "./real-cluster.js";
import { askExo } from "./real-node.js";
import { report } from "./report.js";
import { addressOf, nameOf, nodeNumbers } from "./settings.js";

/** The steps from nothing to a model that serves, its layers proven by exo's own state. */
export function bringUpSteps(): void {
  test("every agent is found over mDNS and enrols", async () => {
    const found = await eventually(async () => {
      const hosts = (await discoveredNow()).filter((host) => host.kind === "agent");
      expect(hosts.map((host) => host.name).toSorted()).toEqual(nodeNumbers.map(nameOf));
      return hosts;
    }, minuteMs);
    report.say("discover", found.map((host) => `${host.name} ${host.address}`).join(", "));
  });

  test("the exos find one another and the model comes up, proven by its answer", async () => {
    const since = Date.now();
    const model = await eventually(serving, comeUpMs);
    report.say("up", `${stagesLine(model.stages)} after ${((Date.now() - since) / 1000).toFixed(0)} s`);
  });

  test("every exo lists the entry that its agent has written", async () => {
    for (const number of nodeNumbers) {
      const models = modelsIn(await askExo({ address: addressOf(number) }, "/models"));
      expect(models, nameOf(number)).toContain(ourModel);
    }
    const variant = readExoVariant(await askExo({ address: addressOf(1) }, "/openapi.json"));
    report.say("versions", `exoctl ${version}, exo with the model cards of ${variant?.label ?? "an unknown release"}`);
    report.say("register", `${ourModel} is listed by ${nodeNumbers.length} exos`);
  });

  test("exo's own state has the layers where they were planned", async () => {
    const { stages, instance } = await serving();
    const planned = (await planNow()).replicas[0]?.stages ?? [];
    expect(stages.map(({ node, startLayer, endLayer }) => [node, startLayer, endLayer])).toEqual(
      planned.map(({ node, startLayer, endLayer }) => [node, startLayer, endLayer]),
    );
    expect(stages.at(0)?.startLayer).toBe(0);
    expect(stages.at(-1)?.endLayer).toBe(tinyLayers);
    const names = new Map<string, string>();
    for (const number of nodeNumbers)
      names.set(String(await askExo({ address: addressOf(number) }, "/node_id")), nameOf(number));
    await eventually(async () => {
      for (const number of nodeNumbers) {
        const running = instancesIn(await stateOf(number)).find(({ id }) => id === instance);
        expect(running?.modelId).toBe(ourModel);
        expect(
          running?.stages.map(({ exoNode, startLayer, endLayer }) => [names.get(exoNode), startLayer, endLayer]),
        ).toEqual(stages.map(({ node, startLayer, endLayer }) => [node, startLayer, endLayer]));
        expect(running?.stages.map(({ runner }) => runner)).toEqual(stages.map(() => "RunnerReady"));
      }
    }, minuteMs);
    report.say("apply", `${instance}: ${stagesLine(stages)}, all RunnerReady in the state of every exo`);
  });
}
