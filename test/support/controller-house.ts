import { withKey, withKeyUsage, withRevokedKey } from "../../src/adapters/sqlite/keys-in-state.js";
import {
  type Change,
  documentVersion,
  type StateDocument,
  withAddedModel,
  withChangedMember,
  withDesired,
  withoutAddedModel,
  withoutMember,
  withoutToken,
  withRedeemedToken,
  withToken,
} from "../../src/adapters/sqlite/state-document.js";
import type { ClusterView } from "../../src/apply/cluster-access.js";
import { agentId, exoNodeId, nodeName } from "../../src/cluster/names.js";
import type { NodeReport } from "../../src/cluster/node-report.js";
import type { ModelEntry } from "../../src/config/cluster-spec.js";
import { readClusterSpec } from "../../src/config/read-cluster-spec.js";
import type { ExoConnection } from "../../src/controller/exo-views.js";
import { type KnownSpec, knownModel } from "../../src/controller/planning-problem.js";
import type { Member, StateStore } from "../../src/controller/state-store.js";
import type { ApiKey } from "../../src/gateway/keys/api-key.js";
import type { AgentLink } from "../../src/inventory/agent-link.js";
import { buildInventory } from "../../src/inventory/build-inventory.js";
import { buildDeployment } from "../../src/inventory/deployment.js";
import type { ExoAddress, ExoInstance, ExoObservation } from "../../src/inventory/exo-state.js";
import type { AgentFacts } from "../../src/inventory/exo-view.js";
import { type KnownModel, knownModels } from "../../src/models/known-models.js";
import type { Logger } from "../../src/runtime/logger.js";
import { variant71 } from "./exo-fixtures.js";
import { anAgent, anObservation, aPeer, aView, now } from "./inventory-builders.js";

/** A checked cluster file; without text one that says nothing. No models are known but those of the catalogue. */
export function aSpec(text = ""): KnownSpec {
  const read = readClusterSpec(`apiVersion: exoctl/v1\n${text}`, "cluster.yaml");
  if (read.kind === "ok") return { ...read.spec, known: knownModels() };
  throw new Error(JSON.stringify(read.issues));
}

/** gpt-oss-120b with the settings of a cluster file's `serve` section. */
export function anEntry(serve = "{}", name = "gpt-oss-120b"): ModelEntry {
  const entry = aSpec(`models: [{ name: ${name}, serve: ${serve} }]`).models[0];
  if (entry === undefined) throw new Error("no model");
  return entry;
}

/** What the name of an entry means. */
export const aModel = (entry: ModelEntry = anEntry()): KnownModel => knownModel(entry, knownModels());

export const aMember = (name: string, change: Partial<Member> = {}): Member => ({
  agentId: agentId(`agent-of-${name}`),
  name: nodeName(name),
  pin: name.padEnd(43, "A"),
  certificatePem: "pem",
  enrolledAt: 1,
  cordoned: false,
  ...change,
});

const noKeys: readonly ApiKey[] = [];

/** The state of a controller in memory. */
export function createMemoryStore(members: readonly Member[] = []): StateStore {
  let document: StateDocument = { version: documentVersion, clusterId: "lab", term: 7, members, tokens: [] };
  // As on a disk: a change shows a little later than it was asked for.
  const change = async <T>(make: (now: StateDocument) => Change<T>): Promise<T> => {
    await Promise.resolve();
    const { next, outcome } = make(document);
    document = next;
    return outcome;
  };
  return {
    clusterId: document.clusterId,
    term: document.term,
    members: () => document.members,
    tokens: () => document.tokens,
    desired: () => document.desired,
    addedModels: () => document.addedModels ?? [],
    addToken: (token) => change((now) => withToken(now, token)),
    redeemToken: (id, member) => change((now) => withRedeemedToken(now, id, member)),
    changeMember: (id, part) => change((now) => withChangedMember(now, id, part)),
    removeMember: (id) => change((now) => withoutMember(now, id)),
    removeToken: (id) => change((now) => withoutToken(now, id)),
    saveDesired: (desired) => change((now) => withDesired(now, desired)),
    addModel: (model) => change((now) => withAddedModel(now, model)),
    dropModel: (modelId, nodes) => change((now) => withoutAddedModel(now, modelId, nodes)),
    keys: () => document.keys ?? noKeys,
    keyUsage: () => document.keyUsage ?? {},
    addKey: (key) => change((now) => withKey(now, key)),
    revokeKey: (id, at) => change((now) => withRevokedKey(now, id, at)),
    saveKeyUsage: (used) => change((now) => withKeyUsage(now, used)),
    close: async () => {},
  };
}

/** A logger that keeps what it is told. */
export function createTestLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (message: string): void =>
      void lines.push(`${level} ${message}`);
  const logger = { lines, debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
  return { ...logger, child: () => ({ ...logger, child: () => createTestLogger() }) };
}

const nobody = (): never => {
  throw new Error("nobody asked for this");
};

/** Waits until the signal aborts, as a machine without power does. */
export const silence = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

export const reportOf = (name: string, change: Partial<NodeReport> = {}): NodeReport =>
  anAgent(name, { report: change }).report.value;

/** A link to an agent that answers; `change` makes it do otherwise. */
export const aLink = (name: string, change: Partial<AgentLink> = {}): AgentLink => ({
  describe: async () => reportOf(name),
  takeLease: async (term) => ({ term, validMs: 10_000 }),
  describeRegistry: async () => ({ cards: [], models: [] }),
  ensureEntry: nobody,
  removeEntry: nobody,
  inspectModel: nobody,
  startExo: nobody,
  stopExo: nobody,
  classic: { describe: nobody, add: nobody, remove: nobody },
  classicExo: { describe: nobody, configure: nobody },
  controllerKey: { announce: nobody, confirm: nobody },
  sync: { look: nobody, makeManifest: nobody, share: nobody, fetch: nobody },
  convert: { check: nobody, convert: nobody, cancel: nobody },
  removal: { find: nobody, removeFiles: nobody, leaveForgetNote: nobody, clearForgetNote: nobody },
  close: async () => {},
  ...change,
});

/** An exo that answers; `change` makes it do otherwise. */
export const anExo = (name: string, address: ExoAddress, change: Partial<ExoConnection> = {}): ExoConnection => ({
  address,
  nodeId: async () => exoNodeId(`exo-of-${name}`),
  variant: async () => variant71,
  observe: async () => anObservation([name]),
  models: async () => [],
  createInstance: nobody,
  deleteInstance: nobody,
  rescan: nobody,
  forget: nobody,
  startDownload: nobody,
  prove: nobody,
  close: async () => {},
  ...change,
});

/** A cluster of these nodes, every one linked to every other, as the controller sees it. */
export function aClusterView(
  names: readonly string[],
  parts: {
    readonly instances?: readonly ExoInstance[];
    readonly agents?: readonly AgentFacts[];
    readonly cordoned?: ReadonlySet<string>;
    readonly observation?: Partial<ExoObservation>;
  } = {},
): ClusterView {
  const peers = names.map((name) => aPeer(name));
  const edges = peers.flatMap((from) =>
    peers.flatMap((to, index) =>
      from === to ? [] : [{ kind: "socket" as const, from: from.id, to: to.id, ip: `192.168.1.${index + 1}` }],
    ),
  );
  const observation = anObservation(names, { peers, edges, instances: parts.instances ?? [], ...parts.observation });
  const views = names.map((name) => aView(name, observation));
  const agents = parts.agents ?? names.map((name) => anAgent(name));
  const { inventory, nameOf } = buildInventory({ now, agents, views, cordoned: parts.cordoned ?? new Set() });
  return {
    inventory,
    deployment: buildDeployment({ now, clusterId: "lab", views, nameOf }),
    registries: new Map(),
    listed: new Map(),
  };
}
