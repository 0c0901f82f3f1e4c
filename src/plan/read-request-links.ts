import type { PlanLink } from "./plan-problem.js";
import { type IssueList, statedItems, statedText } from "./request-issues.js";
import { linkShape } from "./request-schema.js";

/** Reads all links. They may only name nodes of the request, and each direction of a pair once. */
export function readRequestLinks(
  value: unknown,
  nodeNames: ReadonlySet<string>,
  issues: IssueList,
): readonly PlanLink[] {
  const links = issues.readEach(linkShape, value, "links");
  const pairs = new Set<string>();
  for (const { stated, path } of statedItems(value, "links")) {
    const [from, to] = [statedText(stated.from), statedText(stated.to)];
    for (const [end, name] of Object.entries({ from, to })) {
      if (name !== undefined && !nodeNames.has(name)) {
        issues.add(`${path}.${end}`, `there is no node ${JSON.stringify(name)}`);
      }
    }
    if (from === undefined || to === undefined) continue;
    if (from === to) issues.add(path, `links ${JSON.stringify(from)} to itself`);
    const pair = JSON.stringify([from, to]);
    if (pairs.has(pair)) issues.add(path, `the link from ${from} to ${to} is given twice`);
    pairs.add(pair);
  }
  return links.map(({ item: { kind, ...link } }) => (kind === undefined ? link : { ...link, kind }));
}
