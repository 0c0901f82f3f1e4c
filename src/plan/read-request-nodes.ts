import type { z } from "zod";
import {
  type ChipConstants,
  chipConstants,
  guessedOverheadSecPerLayer,
  isKnownChip,
  readChipName,
  usualWorkingSetBytes,
} from "../cluster/chips.js";
import type { PlanNode, SpeedSource } from "./plan-problem.js";
import { type IssueList, type StatedItem, statedItems, statedText } from "./request-issues.js";
import { nodeShape } from "./request-schema.js";

/** What a node keeps free for workspace and caches unless told otherwise: 3 GiB. */
export const usualReserveBytes = 3 * 2 ** 30;

type RequestNode = z.infer<typeof nodeShape>;

/** Reads all nodes: what a node does not state comes from the chip table and the rule for Metal's working set. */
export function readRequestNodes(value: unknown, issues: IssueList): readonly PlanNode[] {
  if (value === undefined) issues.add("nodes", "missing; expected a list of nodes");
  const nodes = issues.readEach(nodeShape, value, "nodes");
  const names = new Set<string>();
  for (const { stated, path } of statedItems(value, "nodes")) {
    const name = statedText(stated.name);
    if (name !== undefined && names.has(name)) issues.add(`${path}.name`, `${JSON.stringify(name)} is used twice`);
    if (name !== undefined) names.add(name);
    checkComplete(stated, path, issues);
  }
  return nodes.flatMap(({ item }) => {
    const node = completeNode(item);
    return node === undefined ? [] : [node];
  });
}

/** Whether memory and speed of a node follow from what it states, be that right or wrong. */
function checkComplete(stated: StatedItem["stated"], path: string, issues: IssueList): void {
  const chip = statedText(stated.chip);
  // A chip that is no text is reported as such, and may have been meant to say its memory.
  const hasMemory = stated.chip !== undefined && (chip === undefined || readChipName(chip)?.memoryBytes !== undefined);
  if (stated.budgetBytes === undefined && stated.memoryBytes === undefined && !hasMemory) {
    issues.add(path, "needs budgetBytes or memoryBytes (or a chip with its memory, such as m4max64)");
  }
  if (stated.effBytesPerSec !== undefined) return;
  if (stated.chip === undefined) issues.add(path, "needs a chip or effBytesPerSec");
  else if (chip !== undefined && !isKnownChip(chip)) {
    issues.add(`${path}.chip`, `chip ${JSON.stringify(chip)} is unknown; give effBytesPerSec`);
  }
}

/** The node with everything filled in; undefined where `checkComplete` had to complain. */
function completeNode(item: RequestNode): PlanNode | undefined {
  const memoryBytes = item.memoryBytes ?? (item.chip === undefined ? undefined : readChipName(item.chip)?.memoryBytes);
  const budgetBytes = item.budgetBytes ?? (memoryBytes === undefined ? undefined : usualWorkingSetBytes(memoryBytes));
  const known = item.chip !== undefined && isKnownChip(item.chip);
  const constants = known ? chipConstants(item.chip ?? "", memoryBytes) : undefined;
  const effBytesPerSec = item.effBytesPerSec ?? constants?.effBytesPerSec;
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
