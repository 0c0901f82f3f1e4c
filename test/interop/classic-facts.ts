import { readFileSync } from "node:fs";
import { z } from "zod";
import { addressOf, exoApiPort } from "./settings.js";

/** What exo 0.0.x answers. Strict where exoctl's own reader is tolerant. */
const topology = z.object({
  nodes: z.record(z.string(), z.looseObject({ memory: z.number().int().positive() })),
  peer_graph: z.record(
    z.string(),
    z.array(z.object({ from_id: z.string(), to_id: z.string(), description: z.string() })),
  ),
  active_node_id: z.string().nullable(),
});
const models = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) });
const completion = z.looseObject({
  model: z.string(),
  choices: z.array(
    z.looseObject({ message: z.looseObject({ content: z.string() }), finish_reason: z.string().nullable() }),
  ),
});

const urlOf = (node: number, path: string): string => `http://${addressOf(node)}:${exoApiPort}${path}`;

/** HTTP status of a path; rejects when nothing answers. */
export async function statusOf(node: number, path: string): Promise<number> {
  const answer = await fetch(urlOf(node, path), { signal: AbortSignal.timeout(5_000) });
  await answer.text();
  return answer.status;
}

async function ask(node: number, path: string): Promise<unknown> {
  const answer = await fetch(urlOf(node, path), { signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return await answer.json();
}

export interface ClassicView {
  /** Memory in MB by node id. */
  readonly memoryMb: Readonly<Record<string, number>>;
  /** Each directed edge as `from > to`. */
  readonly edges: readonly string[];
}

/** One node's opinion of the ring. */
export async function viewOf(node: number): Promise<ClassicView> {
  const { nodes, peer_graph } = topology.parse(await ask(node, "/v1/topology"));
  const edges = Object.values(peer_graph).flatMap((list) => list.map(({ from_id, to_id }) => `${from_id} > ${to_id}`));
  const memoryMb = Object.entries(nodes).map(([id, { memory }]) => [id, memory] as const);
  return { memoryMb: Object.fromEntries(memoryMb.toSorted()), edges: edges.toSorted() };
}

export const classicModelsOf = async (node: number): Promise<readonly string[]> =>
  models.parse(await ask(node, "/v1/models")).data.map(({ id }) => id);

/** Asks for a whole answer. */
export async function classicChat(node: number, model: string): Promise<z.infer<typeof completion>> {
  const answer = await fetch(urlOf(node, "/v1/chat/completions"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
    signal: AbortSignal.timeout(50_000),
  });
  if (!answer.ok) throw new Error(`chat through node ${node} answered ${answer.status}: ${await answer.text()}`);
  return completion.parse(await answer.json());
}

/** Layers that a node gave itself, end included as exo counts, newest last: from what it printed as it worked. */
export function rangesInLog(logFile: string, modelId: string): readonly (readonly [number, number])[] {
  const own = /process_tensor: base_shard=.* shard=Shard\(model_id='([^']+)', start_layer=(\d+), end_layer=(\d+)/;
  return readFileSync(logFile, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, model, first, last] = own.exec(line) ?? [];
      return model === modelId ? [[Number(first), Number(last)] as const] : [];
    });
}
