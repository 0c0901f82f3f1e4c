/** What exo 0.0.x calls its engines on its command line. */
export const classicEngines = ["mlx", "tinygrad", "dummy"] as const;

export type ClassicEngine = (typeof classicEngines)[number];

/** One model of exo 0.0.x's registry. */
export interface ClassicEntry {
  /** The name that clients ask for. */
  readonly id: string;
  readonly layers: number;
  readonly engine: ClassicEngine;
  /** `owner/name` on the hub; `/` becomes `--` in exo's folder names. */
  readonly repo: string;
  /** What exo's own page shows. */
  readonly label: string;
}
