/** What came of reading something that others have written: a value, or why it was refused. */
export type ReadResult<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "refused"; readonly why: string };

export const accepted = <T>(value: T): ReadResult<T> => ({ kind: "ok", value });
export const refused = (why: string): { readonly kind: "refused"; readonly why: string } => ({ kind: "refused", why });
