import highsLoader, { type LegacyHighs } from "highs";

/** The package's types miss that its module is a function. */
const loadHighs = highsLoader as unknown as () => Promise<LegacyHighs>;

type Term = readonly [row: string, factor: number];

/** A linear program whose variables lie between 0 and 1, row by row and column by column. */
export interface IntegerProgram {
  /** Declares a row: the sum of its terms, and what it must be. */
  row(name: string, relation: "=" | "<=" | ">=", value: number): void;
  /** `whole` must be 0 or 1; `share` follows from the others; `free` is any number from 0 up. */
  column(name: string, kind: "whole" | "share" | "free", cost: number, terms: readonly Term[]): void;
  /** @returns the columns that are not 0, or undefined when there is no solution */
  solve(): Promise<ReadonlySet<string> | undefined>;
}

const termText = (factor: number, name: string): string =>
  `${factor < 0 ? "-" : "+"} ${Math.abs(factor).toPrecision(17)} ${name}`;

export function createIntegerProgram(): IntegerProgram {
  const rows = new Map<string, { readonly end: string; readonly terms: string[] }>();
  const costs: string[] = [];
  const columns: Record<"whole" | "share" | "free", string[]> = { whole: [], share: [], free: [] };

  const text = (): string => {
    const constraints = [...rows].filter(([, { terms }]) => terms.length > 0);
    return [
      "Minimize",
      ` obj: ${costs.join("\n ")}`,
      "Subject To",
      ...constraints.map(([name, { end, terms }]) => ` ${name}: ${terms.join("\n ")} ${end}`),
      "Bounds",
      ...columns.share.map((name) => ` 0 <= ${name} <= 1`),
      "Binary",
      ...columns.whole.map((name) => ` ${name}`),
      "End\n",
    ].join("\n");
  };

  return {
    row: (name, relation, value) => {
      rows.set(name, { end: `${relation} ${value}`, terms: [] });
    },
    column: (name, kind, cost, terms) => {
      columns[kind].push(name);
      if (cost !== 0) costs.push(termText(cost, name));
      for (const [row, factor] of terms) {
        const known = rows.get(row);
        if (known === undefined) throw new Error(`no row ${row}`);
        known.terms.push(termText(factor, name));
      }
    },
    solve: async () => {
      const highs = await loadHighs();
      const solution = highs.solve(text(), { mip_rel_gap: 1e-10, mip_abs_gap: 1e-9 });
      if (solution.Status !== "Optimal") return undefined;
      const found = Object.values(solution.Columns).filter((column) => "Primal" in column && column.Primal > 0.5);
      return new Set(found.map((column) => column.Name));
    },
  };
}
