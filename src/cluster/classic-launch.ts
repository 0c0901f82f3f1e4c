import type { ClassicEngine } from "./classic-entry.js";

/** One machine of a ring of exo 0.0.x, as the file of peers states it. */
export interface ClassicPeerEntry {
  readonly id: string;
  /** A plain IP address. */
  readonly address: string;
  /** Of its gRPC service. */
  readonly port: number;
  readonly model: string;
  readonly chip: string;
  /** What its exo announces, in MB. exo goes by this value while it has not heard, or hears no more, from the machine itself. */
  readonly memoryMb: number;
}

/** What an agent is told about the exo 0.0.x that it starts. It renders command line and files from this. */
export interface ClassicExoSettings {
  /** This node's id in the ring. */
  readonly nodeId: string;
  /** The whole ring, the node itself included. */
  readonly peers: readonly ClassicPeerEntry[];
  /** exo answers all names with this model that it does not know, or that begin with `gpt-`. */
  readonly defaultModel: string;
  /** `owner/name` of the model's files; `dummy` where the dummy engine stands in for them. */
  readonly repo: string;
  /** exo's limit for a whole answer. */
  readonly responseTimeoutSec: number;
  /** What exo shall take for this machine's memory, in MB; absent: what it measures. */
  readonly forcedMemoryMb?: number;
}

/** An exo 0.0.x that its agent has started and that runs now. */
export interface RunningClassicExo {
  readonly settings: ClassicExoSettings;
  /** SHA-256 of the registry that it has read at its start, hex; absent where the file could not be read. */
  readonly registryDigest?: string;
}

/** How an agent would start its exo 0.0.x, and with what it runs. */
export interface ClassicExoReport {
  readonly engine: ClassicEngine;
  readonly nodePort: number;
  /** All memory of the machine in MB, as exo measures it. */
  readonly memoryMb: number;
  /** Why exo can't be made to report another value; absent where it can. */
  readonly cannotForce?: string;
  /** What the next start goes by. */
  readonly configured?: ClassicExoSettings;
  readonly running?: RunningClassicExo;
}

/** The largest value that fits where exo keeps memory, in MB. */
const mostMemoryMb = 2 ** 31 - 1;
const mostPeers = 64;

const namePattern = /^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
/** `dummy` is what exo calls the files of its dummy engine, which needs none. */
const repoPattern = /^(?:dummy|[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95})$/;
const modelPattern = /^[A-Za-z0-9][\w.:-]{0,199}$/;
const labelPattern = /^[\w .,()/+-]{0,80}$/;
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const ipv6 = /^[0-9a-fA-F:]{2,39}$/;

const whole = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most;

/** Whether `text` may be handed to exo as an address to listen on or to dial. */
export const isPlainAddress = (text: string): boolean => ipv4.test(text) || (text.includes(":") && ipv6.test(text));

/** Whether `text` names a repository and nothing that exo, or transformers after it, would take for a path. */
export const isRepository = (text: string): boolean => repoPattern.test(text) && !text.includes("..");

/** What is wrong with settings, each with the field in front, without the value. Empty: they may be used. */
export function settingsProblems(settings: ClassicExoSettings): readonly string[] {
  const { nodeId, peers, defaultModel, repo, responseTimeoutSec, forcedMemoryMb } = settings;
  const ids = peers.map(({ id }) => id);
  return [
    ...(namePattern.test(nodeId) ? [] : ["nodeId: expected a node's name"]),
    ...(peers.length <= mostPeers ? peers.flatMap(peerProblems) : [`peers: expected at most ${mostPeers}`]),
    ...(ids.includes(nodeId) ? [] : ["peers: the node itself is missing"]),
    ...(new Set(ids).size === ids.length ? [] : ["peers: an id is there twice"]),
    ...(modelPattern.test(defaultModel) ? [] : ["defaultModel: expected the id of a registry entry"]),
    ...(isRepository(repo) ? [] : ["repo: expected owner/name"]),
    ...(whole(responseTimeoutSec, 1, 86_400) ? [] : ["responseTimeoutSec: expected 1 to 86400"]),
    ...(forcedMemoryMb === undefined || whole(forcedMemoryMb, 1, mostMemoryMb)
      ? []
      : ["forcedMemoryMb: expected a whole number above 0"]),
  ];
}

function peerProblems({ id, address, port, model, chip, memoryMb }: ClassicPeerEntry, at: number): readonly string[] {
  return [
    ...(namePattern.test(id) ? [] : [`peers.${at}.id: expected a node's name`]),
    ...(isPlainAddress(address) ? [] : [`peers.${at}.address: expected an IP address`]),
    ...(whole(port, 1, 65_535) ? [] : [`peers.${at}.port: expected a TCP port`]),
    ...(labelPattern.test(model) ? [] : [`peers.${at}.model: expected a short name`]),
    ...(labelPattern.test(chip) ? [] : [`peers.${at}.chip: expected a short name`]),
    ...(whole(memoryMb, 1, mostMemoryMb) ? [] : [`peers.${at}.memoryMb: expected a whole number above 0`]),
  ];
}
