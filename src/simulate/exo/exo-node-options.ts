import type { Fabric } from "../fabric/fabric.js";
import type { MacProfile } from "../mac-profile.js";
import type { FoldEvent } from "./exo-events.js";
import type { SimulatedVariant } from "./simulated-variant.js";

/** What one simulated exo is and has. */
export interface ExoNodeOptions {
  readonly nodeId: string;
  readonly mac: MacProfile;
  readonly home: string;
  readonly apiPort: number;
  readonly variant: SimulatedVariant;
  readonly internet: "none" | "simulated";
  /** Each so manieth runner of this node hangs before it joins its group; none when absent or 0. */
  readonly startHangs?: number;
  readonly timeScale: number;
  /** For prompts and tokens; the time scale unless told otherwise. */
  readonly tokenScale?: number;
  readonly fabric: Fabric;
  readonly fold: FoldEvent;
  /** exo has ended by itself, with an error. */
  readonly onCrash: (error: unknown) => void;
  readonly onMemoryChanged?: (loadedBytes: number) => void;
}
