import { access, readFile } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { openRingHouse } from "../support/classic-ring-house.js";

const names = ["studio-1", "studio-2", "studio-3"];
const yaml = (classic: string, more = ""): string =>
  `apiVersion: exoctl/v1\nexo: { classic: { ${classic} } }\n${more}models: [{ name: gpt-oss-120b }]\n`;

let close: () => Promise<void> = async () => {};
afterEach(async () => {
  await close();
  close = async () => {};
});

const house = async (...args: Parameters<typeof openRingHouse>) => {
  const opened = await openRingHouse(...args);
  close = opened.close;
  return opened;
};

const ask = (gateway: string) =>
  fetch(`${gateway}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-oss-120b", messages: [{ role: "user", content: "hi" }], stream: true }),
  });

/** As long as it takes on a busy machine. */
async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

test("three nodes: up, 11, 12 and 13 layers, chat, forced layers, a killed exo, and well again", async () => {
  const { apply, controller, gateway, machines, observe } = await house(names, yaml("engine: dummy"));
  await observe();
  const preview = await apply(undefined, "dry-run");
  expect(preview.steps[0]).toMatchObject({ action: "ensure-classic-entry" });
  expect(await readFile(machines[0]?.modelsPy ?? "", "utf8")).not.toContain("oss-120b");

  const up = await apply();
  // The nodes may have found each other before anybody waits for it.
  expect(up.steps.map(({ action }) => action).filter((action) => action !== "await-ring")).toEqual([
    "ensure-classic-entry",
    ...names.map(() => "configure-exo"),
    ...names.map(() => "start-exo"),
    "prove-ring",
  ]);
  const model = () => controller.api.status().models[0];
  const layers = () => model()?.stages.map(({ node, startLayer, endLayer }) => [node, endLayer - startLayer]);
  expect(model()).toMatchObject({ state: "ready", instance: "oss-120b" });
  expect(layers()).toEqual([
    ["studio-3", 11],
    ["studio-2", 12],
    ["studio-1", 13],
  ]);
  expect(controller.api.status().ring).toMatchObject({ state: "whole", forced: [] });
  const answer = await (await ask(gateway)).text();
  expect(answer.match(/"content":"dummy"/g)).toHaveLength(10);
  expect(answer).toContain("data: [DONE]");
  expect(await apply()).toMatchObject({ changed: false, steps: [] });

  const forced = yaml(
    "engine: dummy, forceLayers: true",
    "nodes: { studio-1: { headroom: 1GiB }, studio-2: { headroom: 28GiB }, studio-3: { headroom: 35GiB } }\n",
  );
  const again = await apply(forced);
  expect(again.steps.map(({ action }) => action)).toContain("stop-exo");
  expect(layers()).toEqual([
    ["studio-1", 20],
    ["studio-2", 10],
    ["studio-3", 6],
  ]);
  expect(controller.api.status().ring?.forced.map(({ node }) => node)).toEqual(names);
  expect(await Promise.all(machines.map(({ substitute }) => isThere(substitute)))).toEqual([true, true, true]);
  expect(await (await ask(gateway)).text()).toContain("data: [DONE]");

  controller.startHealing();
  const starts = machines[1]?.starts() ?? 0;
  await machines[1]?.kill();
  await eventually(() => model()?.state !== "ready");
  const during = ask(gateway);
  await eventually(() => model()?.state === "ready");
  expect(machines[1]?.starts()).toBe(starts + 1);
  expect(await (await during).text()).toContain("data: [DONE]");
}, 60_000);

test("gpt-oss on a stock exo 0.0.x is refused with the reasons, before anything is changed", async () => {
  const small = (text: string): string => text.replace("gpt-oss-120b", "gpt-oss-20b");
  const stock = small(yaml("engine: mlx"));
  const { apply, controller, machines, observe } = await house(["studio-1"], stock, { engine: "mlx" });
  await observe();
  const before = await readFile(machines[0]?.modelsPy ?? "", "utf8");
  await expect(apply()).rejects.toMatchObject({
    code: "classic_cannot_run",
    message: expect.stringMatching(/nothing else was changed: this exo has no model class for gpt_oss.*studio-1/),
    hint: expect.stringContaining("exo.classic.patched: true"),
  });
  expect(await readFile(machines[0]?.modelsPy ?? "", "utf8")).toBe(before);
  expect(machines[0]?.starts()).toBe(0);
  expect(controller.api.status().models[0]).toMatchObject({ state: "unavailable" });
  const patched = await apply(small(yaml("engine: mlx, patched: true")), "dry-run");
  expect(patched.steps[0]).toMatchObject({ action: "ensure-classic-entry" });
}, 60_000);
