import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { GptOssArchitecture } from "../../src/models/gpt-oss-architecture.js";
import type { FoundFile, ModelFiles } from "../../src/models/inspect/model-files.js";
import type { Quantization } from "../../src/models/model-spec.js";
import { type FakeTensor, gptOssConfig, mlxQuantization, mlxTensors } from "./fake-model.js";

/** A file by its first bytes; all others up to its size are zero. */
export interface FakeFile {
  readonly head: Uint8Array;
  readonly bytes: number;
}

export type FakeFolder = ReadonlyMap<string, FakeFile>;

const elementBytes: Readonly<Record<string, number>> = { U8: 1, BF16: 2, F16: 2, U32: 4, F32: 4, I64: 8 };

const sizeOf = ({ dtype, shape }: FakeTensor): number =>
  (elementBytes[dtype] ?? Number.NaN) * shape.reduce((product, size) => product * size, 1);

export const textFile = (text: string): FakeFile => {
  const head = new TextEncoder().encode(text);
  return { head, bytes: head.length };
};

/** The members of a proper header, for tests that spoil it. */
export function headerOf(tensors: readonly FakeTensor[]): Record<string, unknown> {
  let end = 0;
  const members = tensors.map((tensor) => {
    const start = end;
    end += sizeOf(tensor);
    return [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [start, end] }] as const;
  });
  return { __metadata__: { format: "mlx" }, ...Object.fromEntries(members) };
}

/** A weight file with this header, whatever it says, and so many bytes of data. */
export function weightFile(header: string | Uint8Array, dataBytes: number): FakeFile {
  const json = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const head = new Uint8Array(8 + json.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length), true);
  head.set(json, 8);
  return { head, bytes: head.length + dataBytes };
}

const bytesOf = (tensors: readonly FakeTensor[]): number => tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);

/** Weight files and their index. */
export function shardsOf(tensors: readonly FakeTensor[], count: number): FakeFolder {
  const size = Math.ceil(tensors.length / count);
  const parts = Array.from({ length: count }, (_, at) => tensors.slice(at * size, (at + 1) * size));
  const number = (at: number): string => String(at).padStart(5, "0");
  const named = parts.map((part, at) => [`model-${number(at + 1)}-of-${number(count)}.safetensors`, part] as const);
  const weightMap = Object.fromEntries(named.flatMap(([file, part]) => part.map(({ name }) => [name, file])));
  const index = { metadata: { total_size: bytesOf(tensors) }, weight_map: weightMap };
  return new Map([
    ...named.map(([file, part]) => [file, weightFile(JSON.stringify(headerOf(part)), bytesOf(part))] as const),
    ["model.safetensors.index.json", textFile(JSON.stringify(index))] as const,
  ]);
}

/** Tokenizer and chat template. */
export const wordFiles: FakeFolder = new Map([
  ["tokenizer.json", textFile("{}")],
  ["tokenizer_config.json", textFile("{}")],
  ["chat_template.jinja", textFile("{{ messages }}")],
]);

/** A complete folder of a converted gpt-oss. */
export function mlxFolder(shape: GptOssArchitecture, quantization: Quantization, shards = 3): FakeFolder {
  const packed = mlxQuantization(shape, quantization);
  const config = { ...gptOssConfig(shape), ...(packed === undefined ? {} : { quantization: packed }) };
  return new Map([
    ...shardsOf(mlxTensors(shape, quantization), shards),
    ...wordFiles,
    ["config.json", textFile(JSON.stringify(config))],
  ]);
}

/** A folder in memory. */
export function filesIn(folder: FakeFolder): ModelFiles {
  return {
    names: async () => [...new Set([...folder.keys()].map((path) => path.split("/")[0] ?? ""))].toSorted(),
    look: async (path): Promise<FoundFile> => {
      const file = folder.get(path);
      return file === undefined ? { kind: "missing" } : { kind: "file", bytes: file.bytes };
    },
    read: async (path, start, length) => {
      const { head, bytes } = folder.get(path) ?? { head: new Uint8Array(), bytes: 0 };
      const end = Math.max(start, Math.min(start + length, bytes));
      const range = new Uint8Array(end - start);
      range.set(head.subarray(start, end));
      return range;
    },
  };
}

/** Writes a folder to disk. Weights take no room there: what is not a header is a hole in the file. */
export function writeFolder(root: string, folder: FakeFolder): void {
  mkdirSync(root, { recursive: true });
  for (const [path, { head, bytes }] of folder) {
    const file = openSync(join(root, path), "w");
    writeSync(file, head);
    ftruncateSync(file, bytes);
    closeSync(file);
  }
}
