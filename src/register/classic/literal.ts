/** What an expression is, as far as it can be read without running it. */
export type Literal =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "dict"; readonly items: readonly (readonly [string, Literal])[] }
  /** A value of another kind, never equal to a text. */
  | { readonly kind: "other" }
  /** Only running it would tell. */
  | { readonly kind: "unclear" };
