import { type MacModel, readMacModel } from "../discover/macs/mac-models.js";
import { type MacSighting, mergeMacs, nodeNameOf } from "../discover/macs/mac-sighting.js";
import type { DiscoveredHost } from "./status-report.js";

/** Macs that lack an agent, and the machines that are not shown. */
export interface MacCandidates {
  readonly hosts: readonly DiscoveredHost[];
  /** Addresses of each machine with remote login that does not say that it is a Mac Studio. */
  readonly hidden: readonly (readonly string[])[];
}

const modelOf = (mac: MacSighting): MacModel | undefined =>
  mac.device.model === undefined ? undefined : readMacModel(mac.device.model);

/** The same machine on several links: one label and one model. */
function byMachine(macs: readonly MacSighting[]): readonly (readonly [MacSighting, ...MacSighting[]])[] {
  const machines = new Map<string, [MacSighting, ...MacSighting[]]>();
  for (const mac of macs) {
    const key = JSON.stringify([mac.label.toLowerCase(), mac.device.model]);
    const known = machines.get(key);
    if (known === undefined) machines.set(key, [mac]);
    else if (mac.address.startsWith("169.254.")) known.push(mac);
    else known.unshift(mac);
  }
  return [...machines.values()];
}

function whyOf(mac: MacSighting, model: MacModel | undefined): string {
  const system = mac.device.macosMajor === undefined ? "" : `, macOS ${mac.device.macosMajor}`;
  switch (model?.kind) {
    case "mac-studio":
    case "unknown-mac":
      return `${model.label}${system}, no agent: \`exoctl token create --for ${nodeNameOf(mac.label)}\` prints what to run on it`;
    case "other-mac":
    case "not-a-mac":
      return `${model.label}${system}, not a Mac Studio`;
    case undefined:
      return "remote login is on; it does not say what machine it is";
    default:
      return model satisfies never;
  }
}

const isCandidate = (model: MacModel | undefined): boolean =>
  model?.kind === "mac-studio" || model?.kind === "unknown-mac";

/**
 * Machines that their own system advertises, as hints: Mac Studios, and Macs newer than the table of models, that may get an
 * agent. `all` shows every machine with remote login.
 */
export function listMacs(seen: readonly MacSighting[], detail: "candidates" | "all"): MacCandidates {
  const machines = byMachine(mergeMacs(seen)).map((sightings) => ({ sightings, model: modelOf(sightings[0]) }));
  const isShown = ({ model }: { readonly model: MacModel | undefined }): boolean =>
    detail === "all" || isCandidate(model);
  const addressesOf = (sightings: readonly MacSighting[]): readonly string[] =>
    sightings.map((sighting) => sighting.address);
  const shown = machines.filter(isShown);
  const hosts = shown.map(({ sightings, model }): DiscoveredHost => {
    const [mac] = sightings;
    return {
      name: mac.label,
      address: mac.address,
      kind: "mac",
      usable: false,
      why: whyOf(mac, model),
      addresses: addressesOf(sightings),
      foundBy: ["ssh-mdns"],
      ...(mac.device.model === undefined ? {} : { macModel: mac.device.model }),
      ...(mac.device.macosMajor === undefined ? {} : { macosMajor: mac.device.macosMajor }),
    };
  });
  const hidden = machines.filter((machine) => !isShown(machine));
  return { hosts, hidden: hidden.map(({ sightings }) => addressesOf(sightings)) };
}
