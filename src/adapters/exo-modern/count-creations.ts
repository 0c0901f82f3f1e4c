import { entriesOf, field, tagged, text } from "./fields.js";

/** How often each node has created a runner for each instance, from exo's tasks: those of workers are never removed. */
export function countCreations(tasks: unknown): (instanceId: string, nodeId: string) => number | undefined {
  const counts = new Map<string, number>();
  for (const [, raw] of entriesOf(tasks)) {
    const task = tagged(raw);
    if (task?.tag !== "CreateRunner") continue;
    const instanceId = text(field(task.body, "instanceId"));
    const nodeId = text(field(field(task.body, "boundInstance"), "boundNodeId"));
    if (instanceId === undefined || nodeId === undefined) continue;
    const key = JSON.stringify([instanceId, nodeId]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (instanceId, nodeId) => counts.get(JSON.stringify([instanceId, nodeId]));
}
