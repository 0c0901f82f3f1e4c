/** The releases of exo 1.x that differ for a client, oldest first; `newer` is the development line after 1.0.71. */
export const simulatedVariants = ["1.0.68", "1.0.69", "1.0.70", "1.0.71", "newer"] as const;

export type SimulatedVariant = (typeof simulatedVariants)[number];

/** Whether a variant has what came with `first`. */
export const since = (variant: SimulatedVariant, first: SimulatedVariant): boolean =>
  simulatedVariants.indexOf(variant) >= simulatedVariants.indexOf(first);
