import type { ListedFiles, ListedOnNode, ModelListing } from "../../../src/controller/model-list/model-list-api.js";

const published = "mlx-community/gpt-oss-120b-MXFP4-Q8";
const files = (change: Partial<ListedFiles> = {}): ListedFiles => ({
  state: "complete",
  present: 13,
  named: 13,
  bytes: 63_254_703_744,
  from: "link",
  linkTo: published,
  ...change,
});
const none: ListedFiles = { state: "none", present: null, named: null, bytes: null, from: null, linkTo: null };
const row = (node: string, change: Partial<ListedOnNode> = {}): ListedOnNode => ({
  node,
  card: "ours",
  exo: "listed",
  listedBytes: 63_254_298_624,
  files: files(),
  findings: [],
  ...change,
});
const builtIn = { card: "built-in", files: files({ from: "other", linkTo: null }) } as const;
const missing = { card: "none", exo: "not-listed", files: none } as const;
const noCard = {
  code: "no-card",
  message: "exo does not know these files: there is no card for them",
  fix: "`exoctl model add` makes them known",
};

export const aModelListing: ModelListing = {
  simulated: false,
  models: [
    {
      modelId: "exoctl/gpt-oss-120b-MXFP4-Q8",
      servedAs: ["gpt-oss-120b", "think"],
      nodes: [
        row("studio-1", {
          findings: [{ code: "mended", message: "mended at 2026-07-01 10:00:00 UTC: the card was edited" }],
        }),
        row("studio-2", {
          card: "changed",
          findings: [
            {
              code: "card-differs",
              message:
                "the card of exoctl/gpt-oss-120b-MXFP4-Q8 does not say what it should: it was edited, or exo was updated",
              fix: "exoctl writes it again",
              since: 1_000,
            },
          ],
        }),
        row("studio-3", { card: "unknown", exo: "unknown", files: { ...none, state: "unknown" } }),
      ],
    },
    {
      modelId: "local/gpt-oss-120b-4bit",
      servedAs: [],
      nodes: [
        row("studio-1", {
          ...missing,
          files: files({ from: "convert", linkTo: null, bytes: 65_800_000_000 }),
          findings: [noCard],
        }),
        row("studio-2", missing),
        row("studio-3", { ...missing, files: files({ from: "convert", linkTo: null }), findings: [noCard] }),
      ],
    },
    {
      modelId: published,
      servedAs: [],
      nodes: [
        row("studio-1", builtIn),
        row("studio-2", { ...builtIn, files: files({ from: "sync", linkTo: null }) }),
        row("studio-3", {
          ...builtIn,
          files: files({ state: "partial", present: 7, from: "other", linkTo: null, bytes: 31_000_000_000 }),
          findings: [
            { code: "files-partial", message: "7 of 13 weight files are there: exo does not take it for complete" },
          ],
        }),
      ],
    },
  ],
  gaps: ["the agent on studio-3 does not answer: its cards and files are not known"],
};
