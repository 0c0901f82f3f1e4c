import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { z } from "zod";
import type { ExoApi } from "../../agent/exo-api.js";
import { readExoVariant } from "../../cluster/exo-variant.js";
import { exoNodeId } from "../../cluster/names.js";

/** exo's OpenAPI document has about 200 kB. */
const maxBodyBytes = 8 * 1024 * 1024;

export interface HttpExoApiSettings {
  /** Where exo of this machine listens; it binds all IPv4 addresses. */
  readonly host?: string;
  readonly port: number;
  /** For one question, default 3 s. */
  readonly timeoutMs?: number;
}

/** The JSON at a path, or undefined when nothing answers with it. On node:http: an agent asks too little for more. */
async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const sent = request(url, { signal, agent: false });
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  if (answer.statusCode !== 200) {
    answer.destroy();
    return undefined;
  }
  let size = 0;
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

/** Asks the exo on this machine over its HTTP API. */
export function openHttpExoApi({ host = "127.0.0.1", port, timeoutMs = 3_000 }: HttpExoApiSettings): ExoApi {
  const get = async (path: string, signal: AbortSignal): Promise<unknown> => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      return await getJson(`http://${host}:${port}${path}`, bounded);
    } catch {
      signal.throwIfAborted();
      // Nothing listens, it is too slow, or it is not exo: all the same to the agent.
      return undefined;
    }
  };
  return {
    nodeId: async (signal) => {
      const id = z
        .string()
        .min(1)
        .max(200)
        .safeParse(await get("/node_id", signal)).data;
      return id === undefined ? undefined : exoNodeId(id);
    },
    classicAnswers: async (signal) =>
      z.object({ status: z.literal("ok") }).safeParse(await get("/healthcheck", signal)).success,
    variant: async (signal) => readExoVariant(await get("/openapi.json", signal)),
  };
}
