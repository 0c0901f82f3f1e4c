import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { AdminClient } from "../adapters/http/admin-client.js";
import { parseHostPort } from "../config/host-port.js";
import type { EnrolledNode } from "../controller/nodes/nodes-api.js";
import type { CheckedHost } from "../discover/exposure/check-exposure.js";
import type { AllowedSource } from "../discover/exposure/render-pf.js";
import type { OwnNetwork } from "../discover/exposure/vantage.js";
import { Problem } from "../runtime/problem.js";
import { controllerOf } from "./find-controller.js";
import type { ControllerOptions } from "./remote-controller.js";

/** Only its own port differs between agents of one machine. */
const hostOf = ({ address }: EnrolledNode): readonly string[] => {
  const host = parseHostPort(address, 0)?.host;
  return host === undefined ? [] : [host];
};

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host.replace(/%.*$/, "")) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new Problem(
      "usage",
      "unknown_host",
      `${JSON.stringify(host)} is neither an address nor a name that can be looked up here`,
      "Write the node's address, such as 10.0.0.11.",
      { cause },
    );
  }
}

async function enrolledNodes(options: ControllerOptions): Promise<readonly EnrolledNode[]> {
  const nodes = await nodesOf(controllerOf(options));
  if (nodes.length > 0) return nodes;
  throw new Problem(
    "usage",
    "no_hosts",
    "no host was named, and no controller on this machine knows any",
    "Name the nodes' addresses, such as 10.0.0.11 10.0.0.12.",
  );
}

/** What exos of a simulation tell of their network belongs to nobody, or to somebody else. */
async function nodesOf(controller: AdminClient): Promise<readonly EnrolledNode[]> {
  try {
    const [{ simulated }, nodes] = await Promise.all([controller.info(), controller.listNodes()]);
    return simulated ? nodes.map((node) => ({ ...node, toldAddresses: [] })) : nodes;
  } catch (error) {
    if (error instanceof Problem && error.code === "no_controller") return [];
    throw error;
  }
}

const withNames = async (hosts: readonly string[]): Promise<readonly CheckedHost[]> =>
  (
    await Promise.all(hosts.map(async (name) => (await addressesOf(name)).map((address) => ({ name, address }))))
  ).flat();

/**
 * The machines to look at: those that are named, or every address of the nodes of the controller on this machine.
 *
 * @throws Problem `unknown_host`, `no_hosts`
 */
export async function hostsToCheck(
  hosts: readonly string[],
  options: ControllerOptions,
): Promise<readonly CheckedHost[]> {
  if (hosts.length > 0) return await withNames(hosts);
  return (await enrolledNodes(options)).flatMap((node) =>
    [...new Set([...hostOf(node), ...node.toldAddresses])].map((address) => ({ name: node.name, address })),
  );
}

/**
 * Who may reach exo: the nodes, whoever is allowed besides and, where the nodes come from the controller on this machine, this
 * machine.
 *
 * @throws Problem as `hostsToCheck`, and `bad_address`
 */
export async function allowedSources(
  hosts: readonly string[],
  allow: readonly string[],
  own: readonly OwnNetwork[],
  options: ControllerOptions,
): Promise<readonly AllowedSource[]> {
  const besides = allow.map((text) => ({ address: checkedNetwork(text), note: "allowed by --allow" }));
  if (hosts.length > 0) {
    const named = await withNames(hosts);
    return [...named.map(({ name, address }) => ({ address, note: `${name}, as it was named` })), ...besides];
  }
  const nodes = (await enrolledNodes(options)).flatMap((node) => [
    ...hostOf(node).map((address) => ({ address, note: `${node.name}, where its agent answers` })),
    ...node.toldAddresses.map((address) => ({ address, note: `${node.name}, as exo says: make sure that it is its` })),
  ]);
  const here = (options.controller === undefined ? own : [])
    .filter(({ address }) => !/^fe[89ab]/i.test(address))
    .map(({ address }) => ({ address, note: "this machine, where the controller runs" }));
  return [...nodes, ...here, ...besides];
}

function checkedNetwork(text: string): string {
  const [address = "", bits, more] = text.split("/");
  const most = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
  if (more === undefined && (bits === undefined ? most > 0 : /^\d{1,3}$/.test(bits) && Number(bits) <= most))
    return text;
  throw new Problem(
    "usage",
    "bad_address",
    `--allow ${JSON.stringify(text)} is neither an address nor a network`,
    "Such as 10.0.0.5 or 10.0.0.0/28.",
  );
}
