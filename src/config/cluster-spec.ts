import { z } from "zod";
import { isModelId } from "../cluster/names.js";
import { adminSection } from "./admin-fields.js";
import {
  dialAddress,
  durationMs,
  flag,
  listenAddress,
  listOf,
  port,
  section,
  sizeBytes,
  textLike,
  wholeNumber,
  word,
} from "./fields.js";
import { gatewayHost, gatewayTls, webOrigin } from "./gateway-fields.js";

/** TCP port of an agent where none is named. */
const agentPort = 8417;
const defaultHeadroomBytes = 3 * 2 ** 30;

/** What one node is asked to keep to itself. */
export interface NodeSettings {
  /** Memory that a model never gets on this node. */
  readonly headroomBytes: number;
  /** True: takes no new layers. */
  readonly cordon: boolean;
}

/** Where a model's weights come from. */
export type WeightSource =
  | { readonly kind: "exo" }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "node"; readonly node: string };

function readSource(text: string): WeightSource {
  if (text === "exo") return { kind: "exo" };
  return text.startsWith("node:") ? { kind: "node", node: text.slice("node:".length) } : { kind: "folder", path: text };
}

/** A catalogue name or `owner/name`; what may become a folder name is held to the rule for model ids. */
const modelName = () => {
  const error = "a model's name such as gpt-oss-120b, or owner/name";
  return textLike(/^[A-Za-z0-9][\w.-]{0,95}(?:\/[A-Za-z0-9][\w.-]{0,95})?$/, error).refine(
    (text) => isModelId(text.includes("/") ? text : `exo/${text}`),
    { error },
  );
};

const nodeSettings = section({
  headroom: sizeBytes()
    .optional()
    .describe("Memory that a model never gets on this node, such as 3GiB: workspace, caches, other programs."),
  cordon: flag().optional().describe("true: this node takes no new layers."),
});

const discovery = section({
  mdns: flag().default(true).describe("Look for agents by mDNS (_exoctl._tcp)."),
  interface: textLike(/^[\w.:-]{1,64}$/, "auto or the name of a network interface, such as en0")
    .default("auto")
    .describe("Network interface for mDNS, or auto."),
  hosts: listOf(dialAddress(agentPort), "hosts")
    .prefault([])
    .describe(`Agents where multicast does not reach: host or host:port (default port ${agentPort}).`),
});

const enrolment = section({
  approval: word(["none", "required"])
    .default("none")
    .describe("required: a node that has joined does nothing until somebody runs exoctl nodes approve."),
});

const nodesSection = section({
  defaults: nodeSettings.prefault({}).describe("Settings of every node that does not say otherwise."),
})
  .catchall(nodeSettings)
  .transform(({ defaults, ...named }) => {
    const everywhere = { headroomBytes: defaults.headroom ?? defaultHeadroomBytes, cordon: defaults.cordon ?? false };
    const own = Object.entries(named).map(([name, { headroom, cordon }]): [string, NodeSettings] => [
      name,
      { headroomBytes: headroom ?? everywhere.headroomBytes, cordon: cordon ?? everywhere.cordon },
    ]);
    return { defaults: everywhere, named: new Map(own) };
  });

const exo = section({
  generation: word(["auto", "modern", "classic"])
    .default("auto")
    .describe("Which exo runs: modern is 1.x, classic is 0.0.x, auto asks each node."),
  apiPort: port().default(52_415).describe("TCP port of exo's HTTP API on every node."),
  manage: flag().default(true).describe("Agents start and stop exo. false where people run EXO.app themselves."),
  classic: section({
    forceLayers: flag()
      .default(false)
      .describe("exo 0.0.x only: make peers report memory so that its own formula yields the planned layers."),
    engine: word(["mlx", "tinygrad", "dummy"])
      .default("mlx")
      .describe("Engine of exo 0.0.x, as its agents were told. dummy answers with a fixed word and loads no model."),
    patched: flag()
      .default(false)
      .describe(
        "true: this exo 0.0.x was changed by hand so that it runs the model; known faults no longer stop apply.",
      ),
  })
    .prefault({})
    .describe("Settings for exo 0.0.x."),
});

const serve = section({
  context: wholeNumber(1).default(32_768).describe("Tokens of context to have memory for, per sequence."),
  concurrency: wholeNumber(1, 1024).default(4).describe("Sequences to have memory for at the same time."),
  objective: word(["latency", "bottleneck", "throughput"])
    .default("latency")
    .describe("What the placement makes best: time per token, the slowest stage, or the rate over all copies."),
  sharding: word(["pipeline", "tensor", "auto"]).default("pipeline").describe("How a model is split over nodes."),
  replicas: z
    .union([z.literal(1), z.literal("auto")], { error: "1 or auto" })
    .default(1)
    .describe("Copies of the model: 1, or as many as pay off."),
  minNodes: wholeNumber(1, 1024).default(2).describe("Fewest nodes that the layers are spread over."),
});

const model = section({
  name: modelName().describe("The name clients use; a model of the catalogue such as gpt-oss-120b."),
  quantization: word(["MXFP4-Q8", "MXFP4-Q4", "affine-4", "affine-8", "bf16"])
    .default("MXFP4-Q8")
    .describe("How the weights are stored."),
  entry: word(["own", "builtin"])
    .default("own")
    .describe("Which registry entry exo runs: ours with the true size, or the one exo ships."),
  source: textLike(
    /^(?:exo|~?\/.*|node:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)$/,
    "exo, a folder such as /Volumes/models/gpt-oss-120b, or node: and a node's name",
  )
    .transform(readSource)
    .prefault("exo")
    .describe(
      "Where a node gets weights that it lacks: exo (a verified copy from any node that has them; where none has, exo downloads them once and the others get copies), a folder (/path or ~/path: the model of that folder's name in the agents' --models-folder, on every node that is to run it), or node:NAME (a verified copy from that node only, never a download).",
    ),
  serve: serve.prefault({}).describe("What the model must be able to do, and how it is placed."),
});

const gateway = section({
  listen: listenAddress().prefault("127.0.0.1:8415").describe("Address and port of the OpenAI-compatible API."),
  keys: word(["auto", "required", "none"])
    .default("auto")
    .describe(
      "When clients have to show an API key. auto: beyond loopback, behind a proxy, and as soon as a key was made; required: always; none: never, on loopback only.",
    ),
  tls: gatewayTls()
    .default("none")
    .describe(
      "none (on loopback only); or certificate and key, files in PEM, and clientCa, to let in only clients with a certificate of that authority; or terminatedBy: proxy.",
    ),
  hosts: listOf(gatewayHost(), "host names")
    .prefault([])
    .describe("Names by which clients reach the gateway, beside those of its certificate."),
  origins: listOf(webOrigin(), "origins")
    .prefault([])
    .describe("Web pages that may call the gateway from a browser, such as https://chat.example.com."),
  aliases: z
    .record(z.string(), modelName(), { error: "a mapping of further names to models" })
    .prefault({})
    .describe("Further names for models of this file, such as think: gpt-oss-120b."),
  queue: section({
    maxWaiting: wholeNumber(0, 1_000_000).default(256).describe("Requests that may wait; further ones are refused."),
    timeout: durationMs().prefault("120s").describe("How long a request may wait."),
  })
    .transform(({ maxWaiting, timeout }) => ({ maxWaiting, timeoutMs: timeout }))
    .prefault({})
    .describe("Waiting requests, per model."),
  fallbacks: listOf(
    section({
      url: textLike(
        /^https?:\/\/[^\s/]+(?:\/\S*)?$/,
        "the base URL of an OpenAI-compatible server, such as http://10.0.0.9:8080/v1",
      ).describe("Base URL of the server, such as http://10.0.0.9:8080/v1."),
      model: textLike(/^\S{1,200}$/, "the model's name on that server")
        .optional()
        .describe("The model's name on that server, where it differs."),
    }),
    "servers, each with a url",
  )
    .prefault([])
    .describe("Other OpenAI-compatible servers, in order of preference, for when the cluster can't answer."),
});

const jobs = section({
  concurrency: z
    .union([z.literal("auto"), wholeNumber(1, 1024)], { error: "auto or a whole number from 1 to 1024" })
    .default("auto")
    .describe("Rows of a batch that run at the same time."),
});

/** The one statement of what a cluster file may hold. Checks, defaults, types and the editors' JSON Schema come from it. */
export const clusterSpecSchema = section({
  apiVersion: word(["exoctl/v1"]).describe("Version of this file's format."),
  cluster: section({
    name: textLike(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, "lower-case letters, digits and dashes, at most 32")
      .default("studio")
      .describe("The cluster's name, for people."),
  })
    .prefault({})
    .describe("The cluster as a whole."),
  enrolment: enrolment.prefault({}).describe("How nodes join."),
  discovery: discovery.prefault({}).describe("How nodes are found."),
  nodes: nodesSection.prefault({}).describe("Settings of nodes, by name; defaults holds those of all others."),
  exo: exo.prefault({}).describe("The exo on the nodes."),
  models: listOf(model, "models")
    .prefault([{ name: "gpt-oss-120b" }])
    .describe("The models that the cluster serves."),
  gateway: gateway.prefault({}).describe("The one address for clients."),
  admin: adminSection().prefault({}).describe("The port for admins: key or session needed."),
  jobs: jobs.prefault({}).describe("Batch jobs."),
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends Map<infer Key, infer Value>
    ? ReadonlyMap<Key, DeepReadonly<Value>>
    : T extends object
      ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
      : T;

/** A checked cluster file: every default filled in, sizes in bytes, durations in milliseconds. */
export type ClusterSpec = DeepReadonly<z.output<typeof clusterSpecSchema>>;

/** One model that the cluster serves. */
export type ModelEntry = ClusterSpec["models"][number];

/** The settings of a node: its own where the file names it, else those of `nodes.defaults`. */
export const settingsOfNode = (spec: ClusterSpec, name: string): NodeSettings =>
  spec.nodes.named.get(name) ?? spec.nodes.defaults;
