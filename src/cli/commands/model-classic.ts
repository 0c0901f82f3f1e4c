import type { ClassicFiles } from "../../register/classic/classic-files.js";
import type { ClassicAddOptions } from "../classic-request.js";
import { exitCodeOf } from "../exit-code.js";
import type { CommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import {
  addOnClassicNodes,
  isForNodes,
  listOnClassicNodes,
  type NodesOptions,
  removeOnClassicNodes,
} from "./model-classic-nodes.js";

/** What `exoctl model add --classic` takes. */
export type ClassicAdd = CommonOptions & NodesOptions & ClassicAddOptions;

/** Adds an entry to the registry of an exo 0.0.x: on this machine without a controller, or on nodes. */
export async function addClassic(model: string, options: ClassicAdd): Promise<void> {
  const { classicAddRequest } = await import("../classic-request.js");
  const { addClassicEntry } = await import("../../agent/add-classic-entry.js");
  const request = classicAddRequest(model, options);
  if (isForNodes(options)) return await addOnClassicNodes(request, options);
  const report = await addClassicEntry(await openHere(options), request);
  const { renderClassicAdd } = await import("../render/classic-view.js");
  await printResult(report, options.output, () => renderClassicAdd(report, request.accepted, pageHere()));
  if (["differs", "blocked", "refused"].includes(report.outcome)) process.exitCode = exitCodeOf("failed");
}

/** What `exoctl model remove --classic` takes. */
export interface ClassicRemove extends CommonOptions, NodesOptions {
  readonly id?: string;
  readonly dryRun?: boolean;
}

/** Takes an entry out again, byte for byte. */
export async function removeClassic(model: string, options: ClassicRemove): Promise<void> {
  const { classicId } = await import("../classic-request.js");
  const { removeClassicEntry } = await import("../../agent/remove-classic-entry.js");
  const effect = options.dryRun === true ? "show" : "write";
  const id = classicId(model, options.id);
  if (isForNodes(options)) return await removeOnClassicNodes({ id, effect }, options);
  const report = await removeClassicEntry(await openHere(options), { id, effect });
  const { renderClassicRemove } = await import("../render/classic-view.js");
  await printResult(report, options.output, () => renderClassicRemove(report, pageHere()));
  if (report.outcome === "refused") process.exitCode = exitCodeOf("failed");
}

/** What exoctl wrote into the registry here, or on the nodes. */
export async function listClassic(options: CommonOptions & NodesOptions): Promise<void> {
  if (isForNodes(options)) return await listOnClassicNodes(options);
  const { describeClassic } = await import("../../agent/describe-classic.js");
  const { compareFiles } = await import("../../apply/classic/compare-files.js");
  const description = await describeClassic(await openHere(options), []);
  const here = { node: "here", description };
  const listing = { nodes: [{ ...here, trouble: null }], comparison: compareFiles([here], []) };
  const { renderClassicListing } = await import("../render/classic-nodes-view.js");
  await printResult(listing, options.output, () => renderClassicListing(listing, pageHere()));
}

async function openHere({ classic = true }: NodesOptions): Promise<ClassicFiles> {
  const { openClassicDisk } = await import("../../adapters/files/classic-disk.js");
  const { classicPlaces } = await import("../classic-places.js");
  return await openClassicDisk(await classicPlaces(classic));
}

const pageHere = () => ({ colors: palette(process.stdout), width: widthOf(process.stdout) });
