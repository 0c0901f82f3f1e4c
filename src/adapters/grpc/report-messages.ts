import { z } from "zod";
import { agentId, exoNodeId, nodeName } from "../../cluster/names.js";
import type { ExoReport, NodeReport } from "../../cluster/node-report.js";
import type { ExoReport as ExoReportMessage } from "./generated/exoctl/agent/v1/ExoReport.js";
import type { NodeReport as NodeReportMessage } from "./generated/exoctl/agent/v1/NodeReport.js";

const states = {
  stopped: "EXO_STATE_STOPPED",
  starting: "EXO_STATE_STARTING",
  running: "EXO_STATE_RUNNING",
  failed: "EXO_STATE_FAILED",
} as const;
const generations = {
  modern: "EXO_GENERATION_MODERN",
  classic: "EXO_GENERATION_CLASSIC",
  unknown: "EXO_GENERATION_UNKNOWN",
} as const;
const vocabularyStates = {
  ready: "VOCABULARY_STATE_READY",
  missing: "VOCABULARY_STATE_MISSING",
  unknown: "VOCABULARY_STATE_UNKNOWN",
} as const;
const sources = {
  metal: "WORKING_SET_SOURCE_METAL",
  sysctl: "WORKING_SET_SOURCE_SYSCTL",
  estimated: "WORKING_SET_SOURCE_ESTIMATED",
} as const;

/** Our word for a word on the wire. A word that is not in the table fails the check of the whole message. */
export const wordOf = <W extends string>(table: Readonly<Record<W, string>>) =>
  z.string().transform((wire, context): W => {
    for (const word of Object.keys(table) as W[]) if (table[word] === wire) return word;
    context.addIssue({ code: "custom", message: "unknown word" });
    return z.NEVER;
  });

export const exoReportMessage = (report: ExoReport): ExoReportMessage => ({
  ...report,
  state: states[report.state],
  generation: generations[report.generation],
  variant:
    report.variant === undefined
      ? null
      : {
          label: report.variant.label,
          cardFields: [...report.variant.cardFields],
          requiredCardFields: [...report.variant.requiredCardFields],
        },
  vocabulary:
    report.vocabulary === undefined
      ? null
      : { state: vocabularyStates[report.vocabulary.state], note: report.vocabulary.note },
});

export const nodeReportMessage = (report: NodeReport): NodeReportMessage => ({
  ...report,
  memory: { ...report.memory, workingSetSource: sources[report.memory.workingSetSource] },
  exo: exoReportMessage(report.exo),
});

const text = z.string().max(4_096);
const bytes = z.number().int().nonnegative();
const port = z.number().int().min(0).max(65_535);

/** proto3 leaves unset optional fields out; our types do the same instead of carrying `undefined`. */
export const present = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined | null> } =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined && item !== null)) as never;

const variantSchema = z.object({
  label: text,
  cardFields: z.array(text).max(500),
  requiredCardFields: z.array(text).max(500),
});

const exoSchema = z
  .object({
    state: wordOf(states),
    managed: z.boolean(),
    generation: wordOf(generations),
    apiPort: port,
    nodeId: text.transform(exoNodeId).optional(),
    variant: variantSchema.nullish(),
    problem: text.optional(),
    vocabulary: z.object({ state: wordOf(vocabularyStates), note: text }).nullish(),
  })
  .transform((value) => present(value) as ExoReport);

const hardwareSchema = z
  .object({
    modelIdentifier: text,
    chip: text,
    memoryBytes: bytes,
    gpuCores: z.number().int().positive().optional(),
    osVersion: text.optional(),
    osBuild: text.optional(),
  })
  .transform((value) => present(value) as NodeReport["hardware"]);

const nodeSchema = z.object({
  agentId: z.uuid().transform(agentId),
  name: text.min(1).transform(nodeName),
  protocolVersion: z.number().int(),
  agentVersion: text,
  simulated: z.boolean(),
  hardware: hardwareSchema,
  memory: z.object({
    totalBytes: bytes,
    availableBytes: bytes,
    workingSetBytes: bytes,
    workingSetSource: wordOf(sources),
  }),
  exo: exoSchema,
});

/** @throws ZodError when an agent answers something else than its contract says */
export const readNodeReport = (message: unknown): NodeReport => nodeSchema.parse(message);
