import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelStatus, StatusReport } from "../../src/controller/status-report.js";
import { type CliRun, createCliSandbox, runCli, startCli } from "../support/run-cli.js";

const longMs = 120_000;
const sandbox = createCliSandbox();
let up: CliRun;
let gateway: string;

/** Two Macs of which each can hold the model alone. */
const simulation = `macs:
  - { name: studio-1, chip: M4 Max, memoryGb: 128 }
  - { name: studio-2, chip: M4 Max, memoryGb: 128 }
`;
const cluster = `apiVersion: exoctl/v1
models:
  - name: gpt-oss-120b
    serve: { context: 8192, concurrency: 1, objective: throughput, replicas: auto, minNodes: 1 }
`;

function write(name: string, text: string): string {
  const file = join(sandbox.temp, "..", name);
  writeFileSync(file, text);
  return file;
}

beforeAll(async () => {
  const files = ["--simulate", write("macs.yaml", simulation), "-f", write("cluster.yaml", cluster)];
  up = startCli(sandbox, ["up", ...files, "-o", "json", "--listen", "127.0.0.1:0"]);
  await up.line((line) => line.trim() === "}");
  gateway = JSON.parse((await runCli(sandbox, ["env", "-o", "json"])).stdout).env.OPENAI_BASE_URL;
}, longMs);

afterAll(async () => {
  up.child.kill("SIGINT");
  await up.done;
  expect(sandbox.processes()).toEqual([]);
  sandbox.remove();
}, longMs);

async function modelNow(): Promise<ModelStatus> {
  const report = JSON.parse((await runCli(sandbox, ["status", "-o", "json"])).stdout) as StatusReport;
  const [model] = report.models;
  if (model === undefined) throw new Error("no model");
  return model;
}

/** The node of each copy that serves, with its instance. */
const servingOf = (model: ModelStatus): ReadonlyMap<string, string> =>
  new Map(
    model.copies.flatMap(({ state, stages, instance }) =>
      state === "ready" ? stages.map(({ node }) => [node, instance] as const) : [],
    ),
  );

async function eventually(what: string, judge: (model: ModelStatus) => boolean): Promise<ModelStatus> {
  const until = Date.now() + 60_000;
  for (;;) {
    const model = await modelNow();
    if (judge(model)) return model;
    if (Date.now() > until) throw new Error(`${what} did not happen: ${JSON.stringify(model)}`);
    await new Promise((wait) => setTimeout(wait, 200));
  }
}

/** Asks through the gateway. @returns the machines that the simulated answer says it ran on */
async function ask(): Promise<string> {
  const messages = [{ role: "user", content: "Which machines do you run on?" }];
  const answer = await fetch(`${gateway}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-oss-120b", messages, max_tokens: 200 }),
  });
  const body = (await answer.json()) as { choices?: { message: { content: string } }[] };
  if (answer.status !== 200) throw new Error(JSON.stringify(body));
  return body.choices?.[0]?.message.content ?? "";
}

/** Ends the exo process of a simulated Mac as a crash would. */
function killExo(node: string): void {
  const isExoOf = (pid: number): boolean => {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.some((word) => word.endsWith("simulated-exo-main.js")) && words.some((word) => word.includes(node));
  };
  const found = sandbox.processes().filter(isExoOf);
  expect(found).toHaveLength(1);
  for (const pid of found) process.kill(pid, "SIGKILL");
}

test(
  "each Mac runs a copy of its own, and both answer",
  async () => {
    const model = await modelNow();
    expect(model.state).toBe("ready");
    expect(model.copies.map((copy) => [copy.state, copy.sharding, copy.stages.length])).toEqual([
      ["ready", "pipeline", 1],
      ["ready", "pipeline", 1],
    ]);
    expect(new Set(model.copies.map((copy) => copy.modelId)).size).toBe(2);
    expect(model).toMatchObject({ instance: model.copies[0]?.instance, stages: model.copies[0]?.stages });
    const answers = await Promise.all([ask(), ask()]);
    for (const node of ["studio-1", "studio-2"]) expect(answers.join("\n")).toContain(node);

    const plan = JSON.parse((await runCli(sandbox, ["plan", "-o", "json"])).stdout);
    expect(plan.replicas).toHaveLength(2);
    expect((await runCli(sandbox, ["status"])).stdout).toContain("2 of 2 copies serving");
    const again = await runCli(sandbox, ["apply", "-o", "json"]);
    expect(JSON.parse(again.stdout)).toEqual({ generation: 1, changed: false, steps: [] });
  },
  longMs,
);

test.runIf(process.platform === "linux")(
  "a copy whose exo dies comes back, and the other goes on untouched",
  async () => {
    // exo's master takes all instances with it when it dies. One that has just come back is never master, so the second time counts.
    for (const turn of ["perhaps the master", "certainly not the master"]) {
      const before = servingOf(await modelNow());
      killExo("studio-2");
      const alone = await eventually("the loss", (model) => !servingOf(model).has("studio-2"));
      if (turn === "certainly not the master") {
        expect(servingOf(alone).get("studio-1")).toBe(before.get("studio-1"));
        expect(await ask()).toContain("studio-1");
      }
      const both = await eventually("the return", (model) => servingOf(model).size === 2);
      expect(servingOf(both).get("studio-2")).not.toBe(before.get("studio-2"));
      if (turn === "certainly not the master") {
        expect(servingOf(both).get("studio-1")).toBe(before.get("studio-1"));
      }
    }
    const answers = await Promise.all([ask(), ask()]);
    for (const node of ["studio-1", "studio-2"]) expect(answers.join("\n")).toContain(node);
  },
  longMs,
);

const paired = `macs:
  - { name: studio-1, chip: M4 Max, memoryGb: 64 }
  - { name: studio-2, chip: M4 Max, memoryGb: 64 }
  - { name: studio-3, chip: M4 Max, memoryGb: 64 }
cables: [{ between: [studio-1, studio-3], kind: rdma }]
`;
const tensor = `apiVersion: exoctl/v1
models: [{ name: gpt-oss-120b, serve: { context: 8192, concurrency: 1, sharding: tensor } }]
`;

test(
  "a tensor pair over RDMA comes up as one, answers, and is recognised",
  async () => {
    const other = createCliSandbox();
    try {
      const files = ["--simulate", write("paired.yaml", paired), "-f", write("tensor.yaml", tensor)];
      const { code, stdout } = await runCli(other, [
        ...["up", ...files, "--once", "-o", "json", "--listen", "127.0.0.1:0"],
      ]);
      expect(code).toBe(0);
      const { model, answer } = JSON.parse(stdout) as { model: ModelStatus; answer: { text: string } };
      expect(answer.text).toMatch(/^\[simulated\] /);
      expect(model.copies).toMatchObject([{ state: "ready", sharding: "tensor", instance: model.instance }]);
      expect(model.stages.map(({ node, startLayer, endLayer }) => [node, startLayer, endLayer])).toEqual([
        ["studio-1", 0, 36],
        ["studio-3", 0, 36],
      ]);
    } finally {
      other.remove();
    }
  },
  longMs,
);
