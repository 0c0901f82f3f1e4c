import type { ClassicPatches } from "./installation.js";
import { readLiteral } from "./python-literal.js";
import { childrenOf, type PythonNode, type PythonSource, parsePython, textOf } from "./python-source.js";

/** Source files of an exo 0.0.x; absent when they could not be read. */
export interface ClassicSources {
  /** `exo/api/chatgpt_api.py` */
  readonly api?: string;
  /** `exo/inference/mlx/sharded_utils.py` */
  readonly loader?: string;
  /** `exo/inference/mlx/sharded_inference_engine.py` */
  readonly engine?: string;
  /** `exo/download/new_shard_download.py` and the helpers that hold its file patterns, one behind the other. */
  readonly downloader?: string;
}

/** Reads from exo's own source which of its known gaps somebody has closed. */
export function readPatches({ api, loader, engine, downloader }: ClassicSources): ClassicPatches {
  return {
    gptNames: told(api, (source) => (some(source, asksForGptNames) ? "rewritten" : "kept")),
    quantization: told(loader, (source) => (some(source, spreadsIntoQuantize) ? "all keys" : "chosen keys")),
    activations: told(engine, (source) => (some(source, casts) ? "cast" : "as they are")),
    templates: told(downloader, (source) => (some(source, namesTemplates) ? "fetched" : "skipped")),
  };
}

const told = <T extends string>(text: string | undefined, read: (source: PythonSource) => T): T | "unknown" =>
  text === undefined ? "unknown" : read(parsePython(text));

type Test = (source: PythonSource, node: PythonNode) => boolean;

function some(source: PythonSource, test: Test): boolean {
  let found = false;
  source.tree.iterate({
    enter: ({ node }) => {
      found ||= test(source, node);
      return !found;
    },
  });
  return found;
}

/** The last name of what is called: `quantize` of `nn.quantize(..)`. */
function calleeName(source: PythonSource, call: PythonNode): string | undefined {
  const callee = call.name === "CallExpression" ? call.firstChild : null;
  const name = callee?.name === "MemberExpression" ? callee.lastChild : callee;
  return name === null || name === undefined ? undefined : textOf(source, name);
}

const argumentsOf = (call: PythonNode): readonly PythonNode[] => {
  const list = call.lastChild;
  return list?.name === "ArgList" ? childrenOf(list) : [];
};

const asksForGptNames: Test = (source, node) =>
  calleeName(source, node) === "startswith" &&
  argumentsOf(node).some((argument) => {
    const literal = readLiteral(source, argument);
    return literal.kind === "text" && literal.value === "gpt-";
  });

const spreadsIntoQuantize: Test = (source, node) =>
  calleeName(source, node) === "quantize" && argumentsOf(node).some(({ name }) => name === "**");

const casts: Test = (source, node) => calleeName(source, node) === "astype";

const namesTemplates: Test = (source, node) => {
  if (node.name !== "String") return false;
  const literal = readLiteral(source, node);
  return literal.kind === "text" && literal.value.endsWith(".jinja");
};
