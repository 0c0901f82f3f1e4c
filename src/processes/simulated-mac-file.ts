import type { SimulatedExoSettings } from "../simulate/simulated-exo-settings.js";

/** What the process of one simulated Mac is told, in a JSON file that its own parent wrote. The join token comes by stdin. */
export interface SimulatedMacFile {
  readonly name: string;
  readonly agentHome: string;
  /** Further folders of models that its agent reads, absolute. */
  readonly modelsFolders: readonly string[];
  /** Where the controller takes enrolments. */
  readonly controller: { readonly host: string; readonly port: number };
  readonly mdnsPort: number;
  /** What this Mac sends of model files to others at most. Default: as fast as this machine can. */
  readonly uplinkBytesPerSec?: number;
  readonly exo: SimulatedExoSettings;
  /** Set where the Mac has an exo 0.0.x instead. */
  readonly classic?: {
    /** The program to start, and the folder of it and of the Mac's own tools. */
    readonly command: string;
    readonly bin: string;
    readonly checkout: string;
    readonly nodePort: number;
  };
  readonly exoStart: "with-agent" | "on-request";
  /** The file that the simulated exo reads `exo` from. */
  readonly exoSettingsFile: string;
  readonly exoLogFile: string;
}
