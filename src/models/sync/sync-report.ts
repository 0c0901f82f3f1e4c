import type { ModelManifest } from "./manifest.js";

/** Another agent that has a model, or is getting it. */
export interface Peer {
  readonly name: string;
  /** Pin of its public key: whoever answers with another one is nobody. */
  readonly pin: string;
  /** Where it serves files, best first. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** `whole`: it had the model before; `copy`: it is getting it as well. */
  readonly kind: "whole" | "copy";
}

/** What an agent knows of a model's files without reading them. */
export interface ModelOnDisk {
  /** Where this agent serves files to others. */
  readonly filesPort: number;
  readonly complete: boolean;
  /** Of the files that would be copied; 0 when it is not complete. */
  readonly files: number;
  readonly bytes: number;
  readonly freeBytes: number;
}

/** What has been read of a model, and at the end its manifest. */
export interface ManifestProgress {
  readonly readBytes: number;
  readonly totalBytes: number;
  readonly made?: { readonly manifest: ModelManifest; readonly leftOut: readonly string[] };
}

/** How far a copy is. */
export interface FetchProgress {
  /** Reading what an earlier attempt left; fetching; reading everything back; in place and served to the others. */
  readonly phase: "checking" | "copying" | "verifying" | "done";
  /** Present at the end. `already-there`: it was complete before. */
  readonly outcome?: "copied" | "already-there";
  /** Of this phase. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Verified bytes that were here before anything was fetched. */
  readonly keptBytes: number;
  /** What came in from each source, broken transfers included. */
  readonly fetchedBytes: ReadonlyMap<string, number>;
}
