/** One measured step beside its prediction: seconds that scale with bytes, and seconds that do not. */
export interface FitPoint {
  readonly byteSec: number;
  readonly fixedSec: number;
  /** As measured, less everything that is known. */
  readonly stepSec: number;
}

export interface FittedFactors {
  /** By how much longer reading takes than predicted. */
  readonly byteFactor: number;
  /** The same of overheads and hops. */
  readonly fixedFactor: number;
}

/** A factor outside of this is no machine but a mistake in the measurement. */
const plausible = (factor: number): boolean => factor >= 0.1 && factor <= 10;

/** Lengths whose predicted reads differ by less than this share of their mean are one length. */
const leastSpread = 1e-3;

/**
 * Least squares of step = byteFactor * bytes + fixedFactor * fixed. With one length the second factor is 1, and without
 * bytes the first one is.
 *
 * @returns undefined where a factor is not that of any machine
 */
export function fitFactors(points: readonly FitPoint[]): FittedFactors | undefined {
  const mean = (of: (point: FitPoint) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [bytes, steps, fixed] = [mean((p) => p.byteSec), mean((p) => p.stepSec), mean((p) => p.fixedSec)];
  const spread = mean((p) => (p.byteSec - bytes) ** 2);
  const isOneLength = spread <= (bytes * leastSpread) ** 2;
  const slope = isOneLength ? (steps - fixed) / bytes : covariance(points, bytes, steps) / spread;
  const byteFactor = bytes === 0 ? 1 : slope;
  const fixedFactor = (isOneLength && bytes > 0) || fixed <= 0 ? 1 : (steps - byteFactor * bytes) / fixed;
  return plausible(byteFactor) && plausible(fixedFactor) ? { byteFactor, fixedFactor } : undefined;
}

const covariance = (points: readonly FitPoint[], bytes: number, steps: number): number =>
  points.reduce((sum, p) => sum + (p.byteSec - bytes) * (p.stepSec - steps), 0) / points.length;
