import type { z } from "zod";
import {
  type ChipConstants,
  chipConstants,
  guessedOverheadSecPerLayer,
  isKnownChip,
  readChipName,
  usualWorkingSetBytes,
} from "../cluster/chips.js";
import type { PlanLink, PlanNode, SpeedSource } from "./plan-problem.js";
import type { IssueList } from "./request-issues.js";
import { linkShape, nodeShape } from "./request-schema.js";

/** What a node keeps free for workspace and caches unless told otherwise: 3 GiB. */
export const usualReserveBytes = 3 * 2 ** 30;

type RequestNode = z.infer<typeof nodeShape>;

/** Reads all nodes: what a node does not state comes from the chip table and the rule for Metal's working set. */
export function readRequestNodes(value: unknown, issues: IssueList): readonly PlanNode[] {
  if (value === undefined) issues.add("nodes", "missing; expected a list of nodes");
  const names = new Set<string>();
  return issues.readEach(nodeShape, value, "nodes").flatMap(({ item, path }) => {
    if (names.has(item.name)) issues.add(`${path}.name`, `${JSON.stringify(item.name)} is used twice`);
    names.add(item.name);
    const node = completeNode(item, path, issues);
    return node === undefined ? [] : [node];
  });
}

function completeNode(item: RequestNode, path: string, issues: IssueList): PlanNode | undefined {
  const memoryBytes = item.memoryBytes ?? (item.chip === undefined ? undefined : readChipName(item.chip)?.memoryBytes);
  const budgetBytes = item.budgetBytes ?? (memoryBytes === undefined ? undefined : usualWorkingSetBytes(memoryBytes));
  if (budgetBytes === undefined) {
    issues.add(path, "needs budgetBytes or memoryBytes (or a chip with its memory, such as m4max64)");
  }
  const known = item.chip !== undefined && isKnownChip(item.chip);
  const constants = known ? chipConstants(item.chip ?? "", memoryBytes) : undefined;
  const effBytesPerSec = item.effBytesPerSec ?? constants?.effBytesPerSec;
  if (effBytesPerSec === undefined) {
    const problem =
      item.chip === undefined
        ? "needs a chip or effBytesPerSec"
        : `chip ${JSON.stringify(item.chip)} is unknown; give effBytesPerSec`;
    issues.add(item.chip === undefined ? path : `${path}.chip`, problem);
  }
  if (budgetBytes === undefined || effBytesPerSec === undefined) return undefined;
  return {
    name: item.name,
    ...(item.chip === undefined ? {} : { chip: item.chip }),
    budgetBytes,
    reserveBytes: item.reserveBytes ?? usualReserveBytes,
    effBytesPerSec,
    overheadSecPerLayer: item.overheadSecPerLayer ?? constants?.overheadSecPerLayer ?? guessedOverheadSecPerLayer,
    cordoned: item.cordoned ?? false,
    calibrated: isCalibrated(item, constants),
    speedFrom: speedSource(item, constants),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(item.availableBytes === undefined ? {} : { availableBytes: item.availableBytes }),
    ...(constants === undefined ? {} : { prefillFlopsPerSec: constants.prefillFlopsPerSec }),
  };
}

/** Stated numbers count as measured; a table row as what it says of itself. */
const isCalibrated = (item: RequestNode, constants: ChipConstants | undefined): boolean =>
  (item.effBytesPerSec !== undefined && item.overheadSecPerLayer !== undefined) || (constants?.calibrated ?? false);

function speedSource(item: RequestNode, constants: ChipConstants | undefined): SpeedSource {
  if (item.effBytesPerSec !== undefined) return "stated";
  return constants?.calibrated ? "chip" : "guessed";
}

/** Reads all links. They may only name nodes of the request, and each direction of a pair once. */
export function readRequestLinks(
  value: unknown,
  nodeNames: ReadonlySet<string>,
  issues: IssueList,
): readonly PlanLink[] {
  const pairs = new Set<string>();
  return issues.readEach(linkShape, value, "links").map(({ item, path }) => {
    for (const end of ["from", "to"] as const) {
      if (!nodeNames.has(item[end])) issues.add(`${path}.${end}`, `there is no node ${JSON.stringify(item[end])}`);
    }
    if (item.from === item.to) issues.add(path, `links ${JSON.stringify(item.from)} to itself`);
    const pair = JSON.stringify([item.from, item.to]);
    if (pairs.has(pair)) issues.add(path, `the link from ${item.from} to ${item.to} is given twice`);
    pairs.add(pair);
    const { kind, ...link } = item;
    return kind === undefined ? link : { ...link, kind };
  });
}
