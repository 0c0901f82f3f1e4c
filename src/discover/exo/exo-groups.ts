import type { FoundExo } from "./found-exo.js";

/** Whether one counts the other as a member of its cluster. */
export const counts = (left: FoundExo, right: FoundExo): boolean =>
  right.nodeId !== undefined && left.members?.includes(right.nodeId) === true;

/** 0.0.x does not tell its own id: two that list the same node are in one ring. */
const shareMembers = (left: FoundExo, right: FoundExo): boolean =>
  left.members?.some((id) => right.members?.includes(id)) === true;

const together = (left: FoundExo, right: FoundExo): boolean =>
  left.generation === right.generation &&
  (counts(left, right) || counts(right, left) || (left.generation === "0.0.x" && shareMembers(left, right)));

/** The exos as they are joined now: each list is one cluster by what at least one of its members says. Largest first. */
export function groupExos(exos: readonly FoundExo[]): readonly (readonly FoundExo[])[] {
  const groups: FoundExo[][] = [];
  const left = new Set(exos);
  for (const start of exos) {
    if (!left.delete(start)) continue;
    const group = [start];
    for (const member of group) {
      for (const other of [...left]) if (together(member, other) && left.delete(other)) group.push(other);
    }
    groups.push(group);
  }
  return groups.toSorted((one, other) => other.length - one.length);
}
