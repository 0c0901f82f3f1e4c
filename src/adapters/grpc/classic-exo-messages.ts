import { z } from "zod";
import { RefusalError } from "../../agent/refusal.js";
import { classicEngines } from "../../cluster/classic-entry.js";
import { type ClassicExoReport, type ClassicExoSettings, settingsProblems } from "../../cluster/classic-launch.js";
import type { ClassicExoReport as ReportMessage } from "./generated/exoctl/agent/v1/ClassicExoReport.js";
import type { ClassicExoSettings as SettingsMessage } from "./generated/exoctl/agent/v1/ClassicExoSettings.js";
import { present } from "./report-messages.js";

const text = z.string().max(4_096);
const peer = z.object({
  id: text,
  address: text,
  port: z.number(),
  model: text,
  chip: text,
  memoryMb: z.number(),
});

/** Shape alone; what may stand in the fields is `settingsProblems`. */
const shape = z
  .object({
    nodeId: text,
    peers: z.array(peer).max(1_000),
    defaultModel: text,
    repo: text,
    responseTimeoutSec: z.number(),
    forcedMemoryMb: z.number().optional(),
  })
  .transform(present);

/** What a controller asks for, checked. @throws RefusalError that names every field that is wrong, without its value */
export function readSettings(request: unknown): ClassicExoSettings {
  const read = shape.safeParse(request);
  if (!read.success)
    throw new RefusalError("invalid", read.error.issues.map(({ path }) => `${path.join(".")}: wrong type`).join("; "));
  const problems = settingsProblems(read.data);
  if (problems.length > 0) throw new RefusalError("invalid", problems.join("; "));
  return read.data;
}

export const settingsMessage = (settings: ClassicExoSettings): SettingsMessage => ({
  ...settings,
  peers: [...settings.peers],
});

export const classicExoReportMessage = ({ configured, running, ...report }: ClassicExoReport): ReportMessage => ({
  ...report,
  configured: configured === undefined ? null : settingsMessage(configured),
  running: running === undefined ? null : { ...running, settings: settingsMessage(running.settings) },
});

const known = shape.refine((settings) => settingsProblems(settings).length === 0, { error: "settings out of range" });

const reportSchema = z
  .object({
    engine: z.enum(classicEngines),
    nodePort: z.number().int().min(1).max(65_535),
    memoryMb: z.number().int().min(0),
    cannotForce: text.optional(),
    configured: known.nullish(),
    running: z
      .object({
        settings: known,
        registryDigest: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional(),
      })
      .transform(present)
      .nullish(),
  })
  .transform(present);

/** @throws ZodError when an agent answers something else than its contract says */
export const readClassicExoReport = (message: unknown): ClassicExoReport => reportSchema.parse(message);
