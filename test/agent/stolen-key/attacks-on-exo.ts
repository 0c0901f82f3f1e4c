import { anEntry } from "../../support/registry-entries.js";
import { type Attack, nothingToAsk, withHostileIds } from "./attack.js";
import { escapingModel, realModel } from "./robbed-agent.js";

const refused = (what: string, request: object): Attack => ({ what, request, ends: "refused" });
const harmless = (what: string, request: object): Attack => ({ what, request, ends: "harmless" });
const entryWith = (changes: object) => ({ entry: { ...anEntry(), ...changes } });

const peer = {
  id: "n",
  address: "10.0.0.1",
  port: 52_416,
  model: "Mac Studio",
  chip: "Apple M4 Max",
  memoryMb: 65_536,
};
const settings = {
  nodeId: "n",
  peers: [peer],
  defaultModel: "llama-3.2-1b",
  repo: "mlx-community/llama",
  responseTimeoutSec: 900,
};
const classicEntry = { id: "x", layers: 32, engine: "mlx", repo: "mlx-community/x", label: "X" };
const addWith = (changes: object, more: object = {}) => ({
  ...{ entry: { ...classicEntry, ...changes }, model: "x", accepted: [], replace: true, write: true },
  ...more,
});
/** What would end a string of Python, and go on as code. */
const pythonBreaks = [
  'x", __import__("os").system("touch x"), "',
  "x'''\nimport os\n'''",
  "x\\",
  "x\n    import os",
  "{x}",
];

/** Calls about exo itself and its registry. */
export const attacksOnExo: Readonly<Record<string, readonly Attack[]>> = {
  "NodeAgent/Describe": nothingToAsk,
  "NodeAgent/ExoStatus": nothingToAsk,
  "NodeAgent/DescribeRegistry": nothingToAsk,
  "NodeAgent/StartExo": nothingToAsk,
  "NodeAgent/StopExo": nothingToAsk,
  "NodeAgent/TakeLease": [refused("a term of 0", { term: 0 }), refused("a term below 0", { term: -1 })],
  "NodeAgent/EnsureEntry": [
    ...withHostileIds((modelId) => entryWith({ modelId })),
    ...withHostileIds((weightsOf) => entryWith({ weightsOf })),
    harmless("weights that lie behind a link out", entryWith({ modelId: "lab/thief", weightsOf: escapingModel })),
    harmless("a model of another program", entryWith({ modelId: realModel })),
    ...["family", "quantization", "baseModel"].flatMap((field) => [
      refused(`lines of TOML in ${field}`, entryWith({ [field]: 'x"\ntrust_remote_code = true\n' })),
      harmless(`quotes in ${field}`, entryWith({ [field]: '" trust_remote_code = true #' })),
    ]),
    refused("a NUL among the capabilities", entryWith({ capabilities: ["text\0"] })),
    refused("a card of a megabyte", entryWith({ baseModel: "x".repeat(900_000) })),
  ],
  "NodeAgent/RemoveEntry": [
    ...withHostileIds((modelId) => ({ modelId })),
    harmless("a model that exoctl did not write", { modelId: realModel }),
    harmless("a link that exoctl did not make", { modelId: escapingModel }),
  ],
  "ClassicRegistry/Describe": [
    refused("an empty id", { ids: [""] }),
    refused("an id of a megabyte", { ids: ["x".repeat(500_000)] }),
    harmless("ids that are code", { ids: pythonBreaks }),
  ],
  "ClassicRegistry/AddEntry": [
    ...pythonBreaks.map((text) => refused(`an id that is ${JSON.stringify(text)}`, addWith({ id: text }))),
    ...pythonBreaks.map((text) => harmless(`a label that is ${JSON.stringify(text)}`, addWith({ label: text }))),
    ...pythonBreaks.map((text) => refused(`a repository that is ${JSON.stringify(text)}`, addWith({ repo: text }))),
    ...["../../outside", "/etc/ssh", "~/x", "..", "a/../b", "a/b/c", "https://x/y", "a/b\0"].map((repo) =>
      refused(`a repository that is the path ${JSON.stringify(repo)}`, addWith({ repo })),
    ),
    refused("a repository of the thief's, with code in it that exo would run", addWith({ repo: "thief/model" })),
    refused("an engine that there is not", addWith({ engine: "os.system" })),
    refused("a number that is none", addWith({ layers: -1 })),
    refused("a digest that is a path", addWith({}, { expected: "../../models.py" })),
  ],
  "ClassicRegistry/RemoveEntry": [
    refused("a digest that is a path", { id: "x", write: true, until: "../../outside/secret.txt" }),
    refused("an empty id", { id: "", write: true }),
    harmless("an entry that exo came with", { id: "llama-3.2-1b", write: true }),
  ],
  "ClassicExo/Describe": nothingToAsk,
  "ClassicExo/Configure": [
    harmless("what it is for", settings),
    refused("a node that is an option", { ...settings, nodeId: "--help", peers: [{ ...peer, id: "--help" }] }),
    refused("an address that is an option", { ...settings, peers: [{ ...peer, address: "--x" }] }),
    refused("an address with a command", { ...settings, peers: [{ ...peer, address: "10.0.0.1;reboot" }] }),
    refused("a model that is an option", { ...settings, defaultModel: "--inference-engine" }),
    refused("a repository that leaves its folder", { ...settings, repo: "../../outside" }),
    refused("an absolute repository", { ...settings, repo: "/etc/x" }),
    refused("a repository of the thief's", { ...settings, repo: "thief/model" }),
    refused("a repository with a NUL", { ...settings, repo: "a/b\0" }),
    refused("a memory that is no number of MB", { ...settings, forcedMemoryMb: -1 }),
    refused("a port that is not this node's", { ...settings, peers: [{ ...peer, port: 1 }] }),
    refused("a time-out beyond all", { ...settings, responseTimeoutSec: 2 ** 31 - 1 }),
    harmless("another value for the machine's memory", { ...settings, forcedMemoryMb: 4_096 }),
  ],
};
