/** Progress while something that takes long is done. A step begins and ends under the same text; a note says how far the running one is. */
export type ProgressLine =
  | { readonly kind: "info"; readonly text: string }
  | { readonly kind: "begin"; readonly text: string }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "end"; readonly text: string; readonly outcome: string };
