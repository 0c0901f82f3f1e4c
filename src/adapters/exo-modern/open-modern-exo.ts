import type { ExoControl } from "../../apply/exo-control.js";
import type { ExoAddress, ExoState } from "../../inventory/exo-state.js";
import type { Close } from "../../runtime/close-all.js";
import { openExoHttp } from "./exo-http.js";
import { createModernExoControl } from "./modern-exo-control.js";
import { createModernExoState } from "./modern-exo-state.js";

export interface ModernExoOptions {
  /** A proof whose stream brings nothing for so long has failed. Default 60 s: it may wait behind the prompts of others. */
  readonly tokenSilenceMs?: number;
  /** Length of a proof's answer. Default 64 tokens. */
  readonly proofTokens?: number;
  /** A `/state` of so many bytes is read in parts from then on. Default 2 MiB: a few hundred remembered prompts. */
  readonly largeStateBytes?: number;
}

/** One exo 1.x, to be read and driven over its HTTP API. */
export type ModernExo = ExoState & ExoControl & { readonly close: Close };

/** Opens the API of one exo 1.x. Nothing is sent until the first call; closing ends what is under way. */
export function openModernExo(address: ExoAddress, options: ModernExoOptions = {}): ModernExo {
  const http = openExoHttp(address);
  const state = createModernExoState(http, options.largeStateBytes ?? 2 * 1024 * 1024);
  const proof = { tokenSilenceMs: options.tokenSilenceMs ?? 60_000, maxTokens: options.proofTokens ?? 64 };
  return { ...state, ...createModernExoControl(http, state, proof), close: () => http.close() };
}
