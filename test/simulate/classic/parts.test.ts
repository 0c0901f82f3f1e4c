import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { prepareClassicMac } from "../../../src/processes/simulated-classic-mac.js";
import { parseClassicFlags } from "../../../src/simulate/classic/classic-flags.js";
import { readClassicCards } from "../../../src/simulate/classic/classic-registry.js";
import { parseClassicSettings } from "../../../src/simulate/classic/classic-settings.js";
import { readDiscoveryFile } from "../../../src/simulate/classic/discovery-file.js";
import { measureMachine, readHardware } from "../../../src/simulate/classic/measure-machine.js";

const flags = (...args: readonly string[]) => parseClassicFlags(args, () => "made-up");
const base = ["--inference-engine", "dummy", "--discovery-module", "manual", "--discovery-config-path", "d.json"];

describe("exo's command line", () => {
  test("defaults are exo's", () => {
    expect(flags(...base)).toEqual({
      command: "serve",
      prompt: "Who are you?",
      defaultModel: "llama-3.2-1b",
      nodeId: "made-up",
      nodeHost: "127.0.0.1",
      nodePort: 0,
      apiPort: 52_415,
      responseTimeoutMs: 900_000,
      maxGenerateTokens: 10_000,
      waitForPeers: 0,
      discoveryFile: "d.json",
    });
  });

  test("both ways to write a value, run with a model, and flags that change nothing here", () => {
    const more = [
      "--node-id=a",
      "--node-port=1",
      "--disable-tui",
      "--listen-port",
      "1",
      "--chatgpt-api-response-timeout",
      "7",
    ];
    expect(flags(...base, ...more)).toMatchObject({
      nodeId: "a",
      nodePort: 1,
      responseTimeoutMs: 7_000,
      command: "serve",
    });
    expect(flags("run", "dummy", ...base)).toMatchObject({ command: "run", model: "dummy" });
    expect(flags(...base, "--run-model", "dummy")).toMatchObject({ command: "run", model: "dummy" });
  });

  test.each([
    [2, [...base, "--no-such-flag"]],
    [2, ["serve", ...base]],
    [2, [...base, "--node-port", "x"]],
    [1, base.slice(2)],
    [1, base.slice(0, 4)],
    [1, [...base, "--discovery-module", "udp"]],
  ])("refused with exit code %i: %j", (exitCode, args) => {
    expect(() => flags(...args)).toThrow(expect.objectContaining({ name: "ClassicUsageError", exitCode }));
  });
});

describe("the machine", () => {
  test("a substitute earlier on the PATH decides, and its MB are taken as they are", async () => {
    const root = await mkdtemp(join(tmpdir(), "exoctl-mac-"));
    const facts = { model: "Mac Studio", chip: "Apple M4 Max", memoryGb: 128 };
    const { bin } = await prepareClassicMac({ folder: join(root, "real"), mac: facts, timeScale: 1 });
    const { bin: shim } = await prepareClassicMac({
      folder: join(root, "shim"),
      mac: { ...facts, memoryGb: 1 },
      timeScale: 1,
    });
    await writeFile(join(shim, "system_profiler"), "#!/bin/sh\nprintf '      Chip: X\\n      Memory: 569444 MB\\n'\n");
    const flops = { fp32: 18.03, fp16: 36.07, int8: 72.14 };
    expect(await measureMachine({ PATH: `${bin}:/bin` })).toEqual({
      model: "Mac Studio",
      chip: "Apple M4 Max",
      memoryMb: 131_072,
      flops,
    });
    expect(await measureMachine({ PATH: `${shim}:${bin}:/bin` })).toMatchObject({
      model: "Unknown Model",
      chip: "X",
      memoryMb: 569_444,
    });
    expect(await measureMachine({ PATH: root })).toMatchObject({ model: "Unknown Model", memoryMb: 0 });
    await rm(root, { recursive: true });
  });

  test("an unreadable amount is no memory", () => {
    expect(() => readHardware("Memory: much GB\n")).toThrow(TypeError);
    expect(() => readHardware("Memory: 64\n")).toThrow(TypeError);
    expect(readHardware("Chip: Apple M2 Ultra\nMemory: 192 GB\n").flops).toEqual({
      fp32: 26.98,
      fp16: 53.96,
      int8: 107.92,
    });
  });
});

describe("files", () => {
  test("the registry, in its order, with what only exo's page shows", () => {
    const text = [
      "model_cards = {",
      '  "b": { "layers": 36, "repo": { "MLXDynamicShardInferenceEngine": "o/b", "DummyInferenceEngine": "dummy" } },',
      '  "a": { "layers": 1, "repo": {} },',
      "}",
      'pretty_name = { "b": "Bee" }',
    ].join("\n");
    const cards = readClassicCards(text);
    expect([...cards.keys()]).toEqual(["b", "a"]);
    expect(cards.get("b")).toMatchObject({ layers: 36, prettyName: "Bee" });
    expect(cards.get("b")?.repos.get("DummyInferenceEngine")).toBe("dummy");
    expect(() => readClassicCards("model_cards = {")).toThrow(TypeError);
    expect(() => readClassicCards("pretty_name = {}")).toThrow("model_cards");
  });

  test("a discovery file with anything missing, or without the node, is not read", () => {
    const flops = { fp32: 1, fp16: 2, int8: 4 };
    const entry = { address: "127.0.0.1", port: 1, device_capabilities: { model: "m", chip: "c", memory: 2, flops } };
    expect(readDiscoveryFile(JSON.stringify({ peers: { a: entry, b: entry } }), "a")).toEqual([
      { id: "b", address: "127.0.0.1", port: 1, machine: { model: "m", chip: "c", memoryMb: 2, flops } },
    ]);
    expect(readDiscoveryFile(JSON.stringify({ peers: { b: entry } }), "a")).toBeUndefined();
    expect(readDiscoveryFile(JSON.stringify({ peers: { a: { ...entry, port: "1" } } }), "a")).toBeUndefined();
    expect(readDiscoveryFile("[", "a")).toBeUndefined();
  });

  test("settings that nobody knows are refused", () => {
    expect(parseClassicSettings("{}")).toEqual({
      entries: [],
      apiHost: "127.0.0.1",
      timeScale: 1,
      tokens: 10,
      stepMs: 0,
    });
    expect(() => parseClassicSettings('{"tokens": 0, "x": 1}')).toThrow(TypeError);
  });
});
