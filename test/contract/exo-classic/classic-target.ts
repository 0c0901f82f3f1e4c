import type { ExoAddress } from "../../../src/inventory/exo-state.js";

/** How a recorded exo was set up (`gpt-rewrite/` of the recordings). */
export const setups = ["stock", "entry-added", "entry-added-default-dummy", "entry-added-default-gpt-oss"] as const;
export type Setup = (typeof setups)[number];

/** One node, wherever its answers come from. */
export interface TargetNode {
  readonly id: string;
  readonly api: ExoAddress;
  readonly grpc: ExoAddress;
}

/** Something that has to answer as exo 0.0.15 does: recordings that are played back, the simulation, or a live exo. */
export interface ClassicTarget {
  /** Those that it can be had in. */
  readonly setups: readonly Setup[];
  /** Ring of studio-a, studio-b and studio-c with 192, 128 and 64 GB, setup `stock`, and the dummy engine. */
  ring(): Promise<readonly [TargetNode, TargetNode, TargetNode]>;
  /** One node; its registry has gpt-oss-120b and oss-120b for the dummy engine where an entry was added. */
  single(setup: Setup): Promise<TargetNode>;
  close(): Promise<void>;
}

/** What is the same in every answer of its kind, whoever gives it. */
export interface PlainAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/** Asks over HTTP, as recorded. Bodies that are texts are sent as they are. */
export async function ask(address: ExoAddress, { method, path, body }: PlainRequest): Promise<PlainAnswer> {
  const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const url = `http://${address.host}:${address.port}${path}`;
  const answer = await fetch(url, { method, headers: { "content-type": "application/json" }, ...sent });
  return plain(answer.status, answer.headers.get("content-type") ?? "", await answer.text());
}

/** Takes out what differs from run to run: ids, times, the order of edges, and how JSON was written. */
export function plain(status: number, type: string, text: string): PlainAnswer {
  const isJson = type.startsWith("application/json");
  return { status, type, body: isJson ? settled(JSON.parse(text)) : text };
}

export function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled).toSorted(byEdge);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === "id" && typeof item === "string" && item.startsWith("chatcmpl-")) return [key, chatId(item)];
      return [key, key === "created" ? "seconds" : settled(item)];
    }),
  );
}

const chatId = (id: string): string => (/^chatcmpl-[0-9a-f-]{36}$/.test(id) ? "chatcmpl-<uuid>" : id);

/** exo keeps edges in sets. */
function byEdge(left: unknown, right: unknown): number {
  const of = (edge: unknown): string =>
    typeof edge === "object" && edge !== null && "to_id" in edge ? String(edge.to_id) : "";
  return of(left).localeCompare(of(right));
}
