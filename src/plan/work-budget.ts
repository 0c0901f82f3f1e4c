/** How much a search may still do. Shared by the searches of one plan, so that it always ends. One unit is some 10 us. */
export interface WorkBudget {
  left: number;
}

/** A share of what is left, to be given back with `settle`. */
export function shareOf(work: WorkBudget, most: number): WorkBudget & { settle(): void } {
  const given = Math.max(0, Math.min(work.left, most));
  const share = {
    left: given,
    settle: (): void => {
      work.left -= given - share.left;
    },
  };
  return share;
}

/** What one plan may take: up to 16 nodes as much as a proof needs, above that a second or two, and ten for a thousand. */
export const usualWork = (nodes: number): number => (nodes <= 16 ? 600_000 : 100_000 + 500 * nodes);
