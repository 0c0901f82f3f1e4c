import { isKnownChip, readChipName } from "../cluster/chips.js";
import { isKnownLinkKind, linkKinds } from "./link-priors.js";
import type { RequestIssue } from "./request-issues.js";

/** One change to a cluster that somebody wonders about. */
export type Supposition =
  | { readonly kind: "add"; readonly chip: string }
  | { readonly kind: "remove"; readonly node: string }
  /** In both directions; `none` cuts the link. */
  | { readonly kind: "link"; readonly one: string; readonly other: string; readonly linkKind: string };

/** What could be read, and what is wrong with the rest. */
export interface ReadWhatIf {
  readonly suppositions: readonly Supposition[];
  readonly issues: readonly RequestIssue[];
}

/** Reads `add=m3ultra-512,remove=studio-2,link=studio-1:studio-2=rdma`. All problems at once. */
export function readWhatIf(text: string): ReadWhatIf {
  const issues: RequestIssue[] = [];
  const suppositions = text.split(",").flatMap((part, index) => {
    const read = readSupposition(part.trim());
    if (typeof read !== "string") return [read];
    issues.push({ path: `--what-if[${index}]`, problem: read });
    return [];
  });
  return { suppositions, issues };
}

function readSupposition(part: string): Supposition | string {
  const cut = part.indexOf("=");
  const verb = cut < 0 ? part : part.slice(0, cut);
  const value = cut < 0 ? "" : part.slice(cut + 1).trim();
  if (value === "") return `${JSON.stringify(part)}: expected add=CHIP, remove=NODE or link=NODE:NODE=KIND`;
  switch (verb) {
    case "add":
      if (!isKnownChip(value) || readChipName(value)?.memoryBytes === undefined) {
        return `${JSON.stringify(value)} is no chip with its memory, such as m3ultra-512`;
      }
      return { kind: "add", chip: value };
    case "remove":
      return { kind: "remove", node: value };
    case "link": {
      const match = /^([^:=]+):([^:=]+)=([\w-]+)$/.exec(value);
      if (match === null) return `${JSON.stringify(value)}: expected NODE:NODE=KIND`;
      const [, one = "", other = "", linkKind = ""] = match;
      if (one === other) return `links ${JSON.stringify(one)} to itself`;
      if (linkKind !== "none" && !isKnownLinkKind(linkKind)) {
        return `${JSON.stringify(linkKind)} is no kind of link; expected ${linkKinds.join(", ")} or none`;
      }
      return { kind: "link", one, other, linkKind };
    }
    default:
      return `${JSON.stringify(verb)} is unknown; expected add, remove or link`;
  }
}
