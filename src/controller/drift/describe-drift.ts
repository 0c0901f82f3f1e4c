import type { EntrySpec } from "../../cluster/registry-report.js";
import type { Drift } from "./compare-entry.js";

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** What is wrong, in a sentence without a full stop. */
export function describeDrift(drift: Drift, { modelId, weightsOf, storageBytes }: EntrySpec): string {
  switch (drift.kind) {
    case "card-missing":
      return `the card of ${modelId} is not there`;
    case "card-differs":
      return `the card of ${modelId} does not say what it should: it was edited, or exo was updated`;
    case "foreign-card":
      return `a card of ${modelId} that exoctl did not write is there${drift.path === undefined ? "" : `: ${drift.path}`}`;
    case "link-missing":
      return `the link from ${modelId} to the weights of ${weightsOf} is not there`;
    case "link-elsewhere":
      return `the link of ${modelId} leads ${drift.to === undefined ? "to no weights" : `to ${drift.to}`} instead of ${weightsOf}`;
    case "link-blocked":
      return drift.by === "link"
        ? `a link that exoctl did not make stands where the link of ${modelId} belongs`
        : `a folder without complete weights stands where the link of ${modelId} belongs`;
    case "weights-missing":
      return `the weights of ${weightsOf} were complete and are not any more`;
    case "not-listed":
      return `exo does not list ${modelId}, although its card is there`;
    case "size-differs":
      return `exo lists ${modelId} with ${gigabytes(drift.listedBytes)}, its card says ${gigabytes(storageBytes)}: exo has read an earlier card`;
    default:
      return drift satisfies never;
  }
}

/** What is done about it, or what a person can do. */
export function remedyText({ kind }: Drift): string {
  switch (kind) {
    case "card-missing":
    case "card-differs":
      return "exoctl writes it again";
    case "link-missing":
    case "link-elsewhere":
      return "exoctl makes the link again";
    case "not-listed":
      return "exoctl makes exo read its cards again";
    case "foreign-card":
      return "remove that file there: exoctl does not touch what it did not write, and exo takes whichever it finds first";
    case "link-blocked":
      return "move it away there: exoctl does not touch what it did not make";
    case "weights-missing":
      return "copy them there again with `exoctl model sync`, or put the folder back";
    case "size-differs":
      return "restart exo there when that suits: it reads a card that it knows only when it starts";
    default:
      return kind satisfies never;
  }
}
