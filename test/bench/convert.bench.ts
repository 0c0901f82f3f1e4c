import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import tls from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openModelFolder } from "../../src/adapters/files/model-folder.js";
import { openAgentLink } from "../../src/adapters/grpc/grpc-agent-link.js";
import { modelFolderName, modelId } from "../../src/cluster/names.js";
import type { AgentLink } from "../../src/inventory/agent-link.js";
import { inspectModel } from "../../src/models/inspect/inspect-model.js";
import { quantizations } from "../../src/models/quantized-bytes.js";
import { tinyGptOss } from "../../src/simulate/converter/tiny-model.js";
import { writeTinyModel } from "../../src/simulate/converter/write-tiny-model.js";
import { anIdentity } from "../support/agent-identities.js";
import { anOrder } from "../support/conversion-sources.js";
import { printTable } from "./bench-table.js";

/** `EXOCTL_MLX_LM_PYTHON` names a Python with mlx-lm; without it one is made, which downloads some hundred megabytes. */
const { EXOCTL_MLX_LM_PYTHON: givenPython, EXOCTL_MLX_LM: wantedVersion = "0.32.2" } = process.env;

/** A tokenizer that transformers loads: three words. */
const tokenizer = {
  version: "1.0",
  added_tokens: [],
  pre_tokenizer: { type: "Whitespace" },
  model: { type: "WordLevel", vocab: { "<unk>": 0, a: 1, b: 2 }, unk_token: "<unk>" },
};
const tokenizerConfig = { tokenizer_class: "PreTrainedTokenizerFast", unk_token: "<unk>", eos_token: "b" };

const { signal } = new AbortController();
const root = mkdtempSync(join(tmpdir(), "exoctl-convert-check-"));
const models = join(root, "models");
const source = join(models, "openai--gpt-oss-120b");
let agent: ChildProcess;
let link: AgentLink;

function makePython(): string {
  const folder = join(root, "venv");
  execFileSync("python3", ["-m", "venv", folder]);
  const python = join(folder, "bin", "python3");
  const mlx = process.platform === "darwin" ? "mlx" : "mlx[cpu]";
  execFileSync(python, ["-m", "pip", "install", "--quiet", mlx, `mlx-lm==${wantedVersion}`], { stdio: "inherit" });
  return python;
}

beforeAll(async () => {
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const python = givenPython ?? makePython();
  await writeTinyModel(source, tinyGptOss, "published");
  writeFileSync(join(source, "tokenizer.json"), JSON.stringify(tokenizer));
  writeFileSync(join(source, "tokenizer_config.json"), JSON.stringify(tokenizerConfig));
  const [identity, controller] = await Promise.all([anIdentity("agent"), anIdentity("controller")]);
  const told = JSON.stringify({ root, python, identity, controller });
  const script = [
    "--import",
    resolve("test/support/run-typescript.js"),
    resolve("test/support/convert-agent.ts"),
    told,
  ];
  agent = spawn(process.execPath, script, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: agent.stdout ?? process.stdin });
  const [port] = await once(lines, "line");
  link = openAgentLink({ host: "127.0.0.1", port: Number(port), own: controller, agent: identity });
}, 1_800_000);

afterAll(async () => {
  await link.close();
  agent.kill("SIGTERM");
  await once(agent, "exit");
  rmSync(root, { recursive: true, force: true });
});

/** Through an agent's process and gRPC, by the real mlx-lm. */
test("the published layout becomes every quantisation", async () => {
  const rows: string[][] = [];
  for (const quantization of quantizations) {
    const target = modelId(`local/gpt-oss-${quantization}`);
    const order = { ...anOrder(quantization), target };
    const check = await link.convert.check(order, signal);
    if (check.kind !== "possible") throw new Error(check.obstacles.map(({ why }) => why).join("; "));
    const lines: string[] = [];
    await link.takeLease(1, signal); // the check may have taken longer than a lease lasts
    const began = performance.now();
    const result = await link.convert.convert(order, (progress) => lines.push(...progress.lines), signal);
    const inspection = await inspectModel(await openModelFolder(join(models, modelFolderName(target))), target);
    expect(inspection).toMatchObject({ verdict: "complete", exo: { complete: true } });
    const expected = check.conversion.steps.at(-1)?.expected.bytes;
    expect(inspection.facts?.bytes.total).toBe(expected);
    expect(inspection.facts?.quantization.name).toBe(quantization);
    rows.push([
      quantization,
      `${check.conversion.steps.length}`,
      `${result.layers}`,
      `${result.weightBytes}`,
      `${((performance.now() - began) / 1_000).toFixed(1)} s`,
      lines.map((line) => line.replace("[INFO] ", "")).join(", "),
    ]);
  }
  const head = ["quantisation", "runs", "layers", "bytes", "took", "mlx_lm said"];
  printTable(`gpt-oss of 36 small layers, converted by mlx-lm ${wantedVersion}`, head, rows);
});

test("a bf16 result becomes affine in one run", async () => {
  await link.takeLease(1, signal);
  const order = {
    source: modelId("local/gpt-oss-bf16"),
    target: modelId("local/gpt-oss-again"),
    quantization: "affine-4",
  } as const;
  expect(await link.convert.convert(order, () => {}, signal)).toMatchObject({ quantization: "affine-4", layers: 36 });
});

test("nothing is left in the models folder but models", () => {
  expect(readdirSync(models).filter((name) => name.startsWith("."))).toEqual([]);
});
