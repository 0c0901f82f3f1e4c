import { z } from "zod";
import { type ClassicCards, dummyCard, engineClass } from "./classic-registry.js";

const schema = z.strictObject({
  modelsPy: z.string().optional(),
  entries: z.array(z.strictObject({ id: z.string(), layers: z.int().min(1) })).default([]),
  apiHost: z.string().default("127.0.0.1"),
  timeScale: z.number().positive().max(10).default(1),
  tokens: z.int().min(1).default(10),
  stepMs: z.number().min(0).default(0),
});

/** What a simulated exo 0.0.15 is told besides exo's own flags. */
export interface ClassicSettings {
  /** The node's `exo/models.py`; without it the registry is exo's dummy and `entries`. */
  readonly modelsPy?: string | undefined;
  /** Further models for the dummy engine, where there is no file. */
  readonly entries: readonly { readonly id: string; readonly layers: number }[];
  /** Where the HTTP API listens; exo itself has no flag for it and takes all interfaces. */
  readonly apiHost: string;
  /** 1 is real time; for everything that exo waits for, the limit of its command line for whole answers included. */
  readonly timeScale: number;
  /** Of an answer. */
  readonly tokens: number;
  /** Work of each node on each token. */
  readonly stepMs: number;
}

/** Reads a settings file. @throws TypeError that names what is wrong */
export function parseClassicSettings(json: string): ClassicSettings {
  const parsed = schema.safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data;
  throw new TypeError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

/** The registry where there is no file: what was passed in, then exo's own dummy. */
export const passedCards = (entries: ClassicSettings["entries"]): ClassicCards =>
  new Map(
    [
      ...entries.map(({ id, layers }) => ({ id, layers, repos: new Map([[engineClass, "dummy"] as const]) })),
      dummyCard,
    ].map((card) => [card.id, card]),
  );
