import { z } from "zod";
import { exoctlJson } from "./real-controller.js";

const stage = z.looseObject({ node: z.string(), rank: z.number(), startLayer: z.number(), endLayer: z.number() });
const status = z.looseObject({
  generation: z.number(),
  gateway: z.string(),
  nodes: z.array(z.looseObject({ name: z.string(), state: z.string(), reasons: z.array(z.string()) })),
  models: z.array(
    z.looseObject({
      state: z.string(),
      instance: z.string().nullable(),
      stages: z.array(stage),
      reason: z.string().nullable(),
    }),
  ),
  problems: z.array(z.string()),
});

export type Status = z.infer<typeof status>;

/** `exoctl status`. */
export const statusNow = async (): Promise<Status> => status.parse(await exoctlJson("status"));

/** Which layers run where, as one line. */
export const stagesLine = (stages: Status["models"][number]["stages"]): string =>
  stages.map(({ node, startLayer, endLayer }) => `${node} ${startLayer}-${endLayer}`).join(", ");

const plan = z.looseObject({
  kind: z.literal("plan"),
  replicas: z.array(z.looseObject({ stages: z.array(stage) })),
  exoDefault: z.looseObject({ modern: z.looseObject({}) }),
});

/** `exoctl plan`. */
export const planNow = async (): Promise<z.infer<typeof plan>> => plan.parse(await exoctlJson("plan"));

const discovered = z.array(
  z.looseObject({ name: z.string(), kind: z.string(), usable: z.boolean(), why: z.string(), address: z.string() }),
);

/** `exoctl discover`. */
export const discoveredNow = async (): Promise<z.infer<typeof discovered>> =>
  discovered.parse(await exoctlJson("discover"));
