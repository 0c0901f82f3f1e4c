import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyBitmap, fullBitmap, hasBit, setBit } from "../../../src/models/sync/bitmap.js";
import { createPieceBoard, type PieceBoard } from "../../../src/models/sync/piece-board.js";

/** Numbers from 0 to 1 that follow from a seed. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Node {
  readonly name: string;
  readonly board: PieceBoard;
}

/**
 * Nodes that copy from each other and from one whole source, one round after the other: everybody hears of everybody, then each
 * asks each source for one piece. `fails` decides whether a transfer breaks.
 */
function spread(
  nodes: readonly Node[],
  count: number,
  fails: (from: string, to: string, round: number) => boolean,
): { readonly rounds: number; readonly fromWhole: number; readonly arrivals: Map<string, number> } {
  const servedByWhole = emptyBitmap(count);
  const arrivals = new Map<string, number>();
  let [fromWhole, rounds] = [0, 0];
  for (; nodes.some(({ board }) => board.missing > 0) && rounds < 10_000; rounds += 1) {
    for (const node of nodes) {
      node.board.setSource("whole", "whole", {
        has: fullBitmap(count),
        underWay: emptyBitmap(count),
        served: servedByWhole.slice(),
      });
      for (const other of nodes)
        if (other !== node)
          node.board.setSource(other.name, "copy", {
            has: other.board.has.slice(),
            underWay: other.board.underWay.slice(),
            served: emptyBitmap(count),
          });
    }
    for (const node of nodes)
      for (const from of ["whole", ...nodes.filter((other) => other !== node).map(({ name }) => name)]) {
        const choice = node.board.take(from);
        if (choice === undefined) continue;
        const refused = from === "whole" && choice.when === "unserved" && hasBit(servedByWhole, choice.piece);
        const broken = refused || fails(from, node.name, rounds);
        node.board.settle(choice.piece, broken ? "failed" : "verified");
        if (broken) continue;
        if (from === "whole") {
          setBit(servedByWhole, choice.piece);
          fromWhole += 1;
        }
        const key = `${node.name} ${choice.piece}`;
        arrivals.set(key, (arrivals.get(key) ?? 0) + 1);
      }
  }
  return { rounds, fromWhole, arrivals };
}

const nodesOf = (count: number, pieces: number, seed: number): Node[] =>
  Array.from({ length: count }, (_, at) => ({ name: `n${at}`, board: createPieceBoard(pieces, chance(seed + at)) }));

test("every node gets every piece exactly once when nothing fails", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 60 }), fc.nat(), (count, pieces, seed) => {
      const nodes = nodesOf(count, pieces, seed);
      const { arrivals } = spread(nodes, pieces, () => false);
      expect(nodes.every(({ board }) => board.missing === 0)).toBe(true);
      expect(arrivals.size).toBe(count * pieces);
      expect([...arrivals.values()].every((times) => times === 1)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test("the whole source sends little more than one copy, however many nodes there are", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { fromWhole } = spread(nodesOf(8, 200, seed), 200, () => false);
      expect(fromWhole).toBeLessThan(1.3 * 200);
    }),
    { numRuns: 30 },
  );
});

test("all nodes end up complete with any set of transfers that break, as long as the whole source answers at times", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 40 }), fc.nat(), (count, pieces, seed) => {
      const random = chance(seed);
      const dead = new Set(
        nodesOf(count, 1, 0)
          .map(({ name }) => name)
          .filter(() => random() < 0.4),
      );
      const nodes = nodesOf(count, pieces, seed);
      spread(nodes, pieces, (from) => dead.has(from) || random() < 0.5);
      expect(nodes.every(({ board }) => board.missing === 0)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test("a piece that was lost again is asked for again, and nobody is asked for what it does not have", () => {
  const board = createPieceBoard(2, () => 0);
  const [nothing, first] = [emptyBitmap(2), emptyBitmap(2)];
  setBit(first, 0);
  board.setSource("copy", "copy", { has: first, underWay: nothing, served: nothing });
  expect(board.take("nobody")).toBeUndefined();
  expect(board.take("copy")).toEqual({ piece: 0, when: "always" });
  expect(board.take("copy")).toBeUndefined();
  board.settle(0, "verified");
  expect([board.missing, board.take("copy")]).toEqual([1, undefined]);
  board.lose(0);
  expect(board.take("copy")).toEqual({ piece: 0, when: "always" });
  board.dropSource("copy");
  board.settle(0, "failed");
  expect(board.take("copy")).toBeUndefined();
});
