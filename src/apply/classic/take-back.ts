import type { ClassicChange } from "./classic-change.js";
import type { ClassicNodeResult } from "./classic-cluster-report.js";
import { type ReadyNode, resultOf, type Step } from "./node-result.js";

/**
 * Makes the files of these nodes what they were when they were shown, the last one first. Each is looked at before: a node that
 * went away while it wrote may have done it or not, and a file that is neither is somebody else's by now.
 *
 * Takes no signal: whatever ended the change must not end this as well. Every call has a deadline of its own.
 */
export async function takeBackAll(
  change: ClassicChange,
  written: readonly ReadyNode[],
  step: Step,
): Promise<readonly ClassicNodeResult[]> {
  const results: ClassicNodeResult[] = [];
  for (const each of written.toReversed()) {
    const work = () => takeBack(change, each);
    results.push(await step(`take back models.py on ${each.shown.node.name}`, work, ({ outcome }) => outcome));
  }
  return results;
}

async function takeBack(change: ClassicChange, { shown, digests }: ReadyNode): Promise<ClassicNodeResult> {
  const { node } = shown;
  const { signal } = new AbortController();
  try {
    const { digest } = await node.registry.describe([change.id], signal);
    if (digest === digests.before) return resultOf(node, "untouched");
    if (digest !== digests.after)
      return resultOf(node, "not-reverted", "models.py was changed by something else after it was written");
    const report = await change.takeBack(shown, digests, signal);
    const isBack = report.digests?.after === digests.before;
    const why = report.refusals[0]?.message ?? "what came back is not what was there before, byte for byte";
    return isBack ? { ...resultOf(node, "reverted"), report } : { ...resultOf(node, "not-reverted", why), report };
  } catch (error) {
    return resultOf(node, "unknown", error);
  }
}
