import { existsSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { defaultHome } from "../adapters/files/state-home.js";
import { type AdminClient, openAdminClient } from "../adapters/http/admin-client.js";
import { remoteDoor, socketDoor } from "../adapters/http/admin-door.js";
import { gatewaySocketName, simulationPointer, socketName } from "../processes/state-names.js";
import { type ControllerOptions, readRemote } from "./remote-controller.js";

/** The folder of exoctl's state on this machine: `EXOCTL_HOME`, or the platform's place. */
export const stateHome = (): string => resolve(defaultHome(process.platform, process.env, homedir()));

/** The controller's socket; a running simulation's when there is no other controller. */
export function findSocket(home: string): string {
  const own = join(home, socketName);
  const pointer = join(home, simulationPointer);
  if (existsSync(own) || !existsSync(pointer)) return own;
  return join(readFileSync(pointer, "utf8").trim(), socketName);
}

/** The controller that a command is for. */
export function controllerOf(options: ControllerOptions): AdminClient {
  const { controller } = options;
  if (controller !== undefined) return openAdminClient(remoteDoor(readRemote(controller, options)));
  return openAdminClient(socketDoor(findSocket(stateHome()), userInfo().username));
}

/** Where the gateway of the controller on this machine answers its owner. */
export const gatewaySocketHere = (): string => join(dirname(findSocket(stateHome())), gatewaySocketName);
