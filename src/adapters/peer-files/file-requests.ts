import type { IncomingMessage } from "node:http";
import type { FileRange } from "../../agent/sync/shared-models.js";
import { bitmapBytes } from "../../models/sync/bitmap.js";
import type { SourceState } from "../../models/sync/piece-board.js";

/** What every request names as its host: the key decides who answers, not the name. */
export const filesHost = "exoctl-agent";
/** With `unserved`: answer 409 and the state when the range was sent to somebody else. */
export const whenHeader = "exoctl-when";

/** A request of one agent to another. */
export type FilesRequest =
  | { readonly kind: "state"; readonly digest: string }
  | {
      readonly kind: "range";
      readonly digest: string;
      readonly range: FileRange;
      readonly when: "unserved" | "always";
    };

const statePath = /^\/v1\/models\/([0-9a-f]{64})\/state$/;
const filePath = /^\/v1\/models\/([0-9a-f]{64})\/files\/(\d{1,4})$/;
const oneRange = /^bytes=(\d{1,15})-(\d{1,15})$/;

export const statePathOf = (digest: string): string => `/v1/models/${digest}/state`;
export const filePathOf = (digest: string, fileIndex: number): string => `/v1/models/${digest}/files/${fileIndex}`;

/** Files have numbers, not names: a request can't name a path. Undefined for anything that an agent would not ask. */
export function readFilesRequest({ method, url, headers }: IncomingMessage): FilesRequest | undefined {
  if (method !== "GET" || headers.host !== filesHost || headers.origin !== undefined) return undefined;
  const state = statePath.exec(url ?? "");
  if (state?.[1] !== undefined) return { kind: "state", digest: state[1] };
  const [file, bytes] = [filePath.exec(url ?? ""), oneRange.exec(headers.range ?? "")];
  if (file?.[1] === undefined || bytes === null) return undefined;
  const when = headers[whenHeader] ?? "always";
  if (when !== "always" && when !== "unserved") return undefined;
  const [start, last] = [Number(bytes[1]), Number(bytes[2])];
  return { kind: "range", digest: file[1], range: { fileIndex: Number(file[2]), start, end: last + 1 }, when };
}

/** The three bitmaps of a state, one after the other. */
export const stateBody = ({ has, underWay, served }: SourceState): Buffer => Buffer.concat([has, underWay, served]);

/** @returns undefined when the body has another length */
export function readStateBody(body: Uint8Array, pieceCount: number): SourceState | undefined {
  const size = bitmapBytes(pieceCount);
  if (body.length !== 3 * size) return undefined;
  const part = (at: number): Uint8Array => body.slice(at * size, (at + 1) * size);
  return { has: part(0), underWay: part(1), served: part(2) };
}
