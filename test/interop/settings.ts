import { mkdtempSync } from "node:fs";
import { join, resolve } from "node:path";

const wanted = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set: run scripts/interop`);
  return value;
};

/** Where everything of this test file is: each starts a cluster of its own. */
export const workFolder = mkdtempSync(join(wanted("INTEROP_FOLDER"), "run-"));
/** How to start exo: a program and its arguments. */
export const exoCommand = wanted("EXO_COMMAND").trim().split(/\s+/);
/** How exos of one cluster know one another: by a flag since zenoh, by a variable of the environment before. */
export const meeting =
  process.env.INTEROP_MEETING === "namespace-flag"
    ? { flags: ["--namespace", "exoctl-interop"], env: {} }
    : { flags: [], env: { EXO_LIBP2P_NAMESPACE: "exoctl-interop" } };
export const nodeCount = Number(wanted("INTEROP_NODES"));
/** The built command line of this checkout. */
export const exoctlMain = resolve("dist/cli/main.js");

/** The network that `scripts/interop` makes: the controller at .1, the nodes from .11 on. */
export const namespaceOf = (node: number): string => `exoctl-interop-${node}`;
export const addressOf = (node: number): string => `10.99.0.1${node}`;
export const nodeNumbers: readonly number[] = Array.from({ length: nodeCount }, (_, index) => index + 1);
export const nameOf = (node: number): string => `studio-${node}`;
export const exoApiPort = 52_415;
/** For exo 0.0.x: the folder that holds its package `exo`. Only a copy of it is changed and run. */
export const exoCheckout = process.env.EXO_CHECKOUT ?? "";
/** Where exo's answers to the contract cases are to be written; absent: they are only looked at. */
export const recordFolder = process.env.INTEROP_RECORD === undefined ? undefined : resolve(process.env.INTEROP_RECORD);
