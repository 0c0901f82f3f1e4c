import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Without a cache every process of a test would load the compiler and transpile the same files again.
/** Part of each file's name in the cache: to be raised when the compiler's options or its version change. */
const edition = "1";
const cache = fileURLToPath(new URL("../../node_modules/.cache/test-typescript/", import.meta.url));

const sources = new URL("../../src/", import.meta.url).href;

/** Whether one of our own modules is meant: by another one, or as the first one of a worker thread. */
const isOurs = (specifier, parent) =>
  specifier.endsWith(".js") &&
  ((specifier.startsWith(".") && parent?.endsWith(".ts")) || specifier.startsWith(sources));

/** Module hooks that let plain node run our TypeScript: `.js` is looked for as `.ts`, types are stripped. */
export async function resolve(specifier, context, next) {
  if (isOurs(specifier, context.parentURL)) return await next(specifier.replace(/\.js$/, ".ts"), context);
  return await next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return await next(url, context);
  const text = await readFile(fileURLToPath(url), "utf8");
  const cached = join(cache, `${createHash("sha256").update(edition).update(text).digest("hex")}.js`);
  const source = await readFile(cached, "utf8").catch(() => transpile(text, cached));
  return { format: "module", source, shortCircuit: true };
}

async function transpile(text, cached) {
  const { default: ts } = await import("typescript");
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
  });
  await mkdir(cache, { recursive: true });
  // Moved to its place as one: several processes may do this at once.
  const fresh = `${cached}.${process.pid}`;
  await writeFile(fresh, outputText);
  await rename(fresh, cached);
  return outputText;
}
