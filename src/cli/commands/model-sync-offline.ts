import { resolve } from "node:path";
import type { Command } from "commander";
import { isModelId, type ModelId } from "../../cluster/names.js";
import type { Quantization } from "../../models/model-spec.js";
import { Problem } from "../../runtime/problem.js";
import type { CommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn } from "../progress.js";

/** What `exoctl model sync --offline` takes. */
export interface OfflineOptions extends CommonOptions {
  readonly offline?: true;
  readonly export?: string;
  readonly import?: string;
  readonly exoHome?: string;
  readonly quantization?: Quantization;
}

export const withOfflineOptions = (command: Command): Command =>
  command
    .option("--offline", "on this machine alone, by a folder that is carried: with --export or --import")
    .option("--export <dir>", "write a bundle of the complete files here into this folder")
    .option("--import <dir>", "put the model of a bundle into exo's models folder here")
    .option("--exo-home <folder>", "exo's data folder here (default: exo's own rule)");

/** What a bundle has nothing to do with. */
interface NodeOptions {
  readonly from?: string;
  readonly to?: string;
  readonly limit?: string;
}

/** @throws Problem when options for nodes and for a bundle are mixed */
export function isOffline(options: OfflineOptions & NodeOptions): boolean {
  const isBundle = options.offline === true || options.export !== undefined || options.import !== undefined;
  const others = (["from", "to", "limit"] as const).filter((name) => options[name] !== undefined);
  if (isBundle && (options.offline !== true || others.length > 0))
    throw new Problem(
      "usage",
      "offline_alone",
      options.offline === true
        ? `--offline works on this machine alone, so --${others[0]} has nothing to say`
        : "a bundle is carried without a network, and --offline is not given",
      "Write --offline with --export DIR or --import DIR, and nothing about nodes.",
    );
  return isBundle;
}

/** A bundle out of, or into, exo's models folder on this machine. Neither a controller nor a network is needed. */
export async function syncOffline(name: string, options: OfflineOptions): Promise<void> {
  const { exportHere, importHere } = await import("../offline-bundle.js");
  const { bundleSteps } = await import("../bundle-progress.js");
  const { direction, dir } = directionOf(options);
  const request = { model: await modelOf(name, options), folder: resolve(dir), exoHome: options.exoHome };
  const steps = bundleSteps(progressOn(process.stderr));
  const report = direction === "export" ? await exportHere(request, steps) : await importHere(request, steps);
  const { renderBundle } = await import("../render/bundle-view.js");
  const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
  await printResult(report, options.output, () => renderBundle(report, direction, page));
}

function directionOf(options: OfflineOptions): { readonly direction: "export" | "import"; readonly dir: string } {
  const { export: out, import: into } = options;
  if (out !== undefined && into === undefined) return { direction: "export", dir: out };
  if (into !== undefined && out === undefined) return { direction: "import", dir: into };
  throw new Problem(
    "usage",
    "one_direction",
    out === undefined ? "--offline needs a folder" : "--export and --import are two commands",
    "Give --export DIR where the files are, --import DIR where they shall go.",
  );
}

async function modelOf(name: string, { quantization = "MXFP4-Q8" }: OfflineOptions): Promise<ModelId> {
  const { catalogueNames, entryFor } = await import("../../models/catalogue.js");
  if (catalogueNames.includes(name)) return entryFor(name, quantization, "own").weightsOf;
  if (isModelId(name)) return name;
  throw new Problem(
    "usage",
    "unknown_model",
    `${JSON.stringify(name)} is neither a model of the catalogue nor an id such as owner/name`,
    `The catalogue has ${catalogueNames.join(", ")}.`,
  );
}
