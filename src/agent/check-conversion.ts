import type {
  CheckedConversion,
  ConversionCheck,
  ConversionObstacle,
  ConversionOrder,
} from "../models/convert/conversion.js";
import { checkConverter } from "../models/convert/converter-report.js";
import { planConversion } from "../models/convert/plan-conversion.js";
import { inspectModel } from "../models/inspect/inspect-model.js";
import type { ModelInspection } from "../models/inspect/inspection.js";
import { type ModelConfig, readModelConfig } from "../models/inspect/model-config.js";
import type { ModelFiles } from "../models/inspect/model-files.js";
import type { RegistryFiles } from "../register/registry-files.js";
import type { ConversionFolders } from "./conversion-folders.js";
import type { Converter, ConverterState } from "./converter.js";
import type { DescribeMachine } from "./machine-facts.js";

/** What the checks look at. */
export interface ConversionCheckParts {
  readonly registry: Pick<RegistryFiles, "foldersOf">;
  readonly folders: ConversionFolders;
  /** Absent where the agent was not told of one and found none. */
  readonly converter: Converter | undefined;
  readonly describeMachine: DescribeMachine;
}

/** A source as it was found. */
export interface ConversionSource {
  /** With all links resolved, inside exo's models folders. */
  readonly path: string;
  readonly inspection: ModelInspection;
}

/** The outcome of the checks, with the source for whoever goes on. */
export type CheckOutcome =
  | { readonly kind: "possible"; readonly conversion: CheckedConversion; readonly source: ConversionSource }
  | Extract<ConversionCheck, { kind: "not-possible" }>;

/** config.json is read once more for what an inspection does not tell. The inspection has found it to be fine. */
const mostConfigBytes = 16 * 1024 * 1024;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const notPossible = (...obstacles: readonly ConversionObstacle[]): CheckOutcome => ({
  kind: "not-possible",
  obstacles,
});

/** Looks at everything that a conversion needs, and changes nothing. All that stands in the way is told at once. */
export async function checkConversion(
  parts: ConversionCheckParts,
  order: ConversionOrder,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const path = (await parts.registry.foldersOf(order.source)).find(({ resolved }) => resolved !== undefined)?.resolved;
  if (path === undefined) return notPossible(noSource(order));
  const [stray] = await parts.folders.strayLinks(path);
  if (stray !== undefined) return notPossible(leadsOut(stray));
  const files = await parts.folders.filesOf(path);
  const inspection = await inspectModel(files, order.source);
  const planned = planConversion(order, inspection, await configOf(files));
  if (planned.kind === "refused") return notPossible(planned);
  const { plan } = planned;
  const state = (await parts.converter?.describe(signal)) ?? noConverter;
  const checked = state.kind === "missing" ? state : checkConverter(state.report, inspection.facts?.modelType ?? null);
  const freeDiskBytes = await parts.folders.freeBytes();
  const { availableBytes } = (await parts.describeMachine(signal)).memory;
  const obstacles = [
    ...(checked.kind === "fine" ? [] : [checked]),
    ...(await targetTaken(parts, order)),
    ...tooLittle("disk space", plan.needs.diskBytes, freeDiskBytes),
    ...tooLittle("memory", plan.needs.memoryBytes, availableBytes),
  ];
  if (obstacles.length > 0 || state.kind === "missing") return notPossible(...obstacles);
  const { version } = state.report;
  const conversion = { ...plan, mlxLmVersion: version, freeDiskBytes, availableMemoryBytes: availableBytes };
  return { kind: "possible", conversion, source: { path, inspection } };
}

async function configOf(files: ModelFiles): Promise<ModelConfig> {
  const found = await files.look("config.json");
  if (found.kind !== "file") return { head: "unstated", kvCache: "heads" };
  const config = readModelConfig(await files.read("config.json", 0, Math.min(found.bytes, mostConfigBytes)));
  return config.kind === "ok" ? config.value : { head: "unstated", kvCache: "heads" };
}

const noConverter: ConverterState = {
  kind: "missing",
  why: "this agent knows no Python with mlx_lm",
  fix: "Start the agent with --converter-python and the Python that exo runs on, such as /opt/exo/.venv/bin/python.",
};

const noSource = ({ source }: ConversionOrder): ConversionObstacle => ({
  why: `there is no model ${source} in exo's models folders on this node`,
  fix: `Put its files into the folder ${source.replace("/", "--")} of exo's models folder there.`,
});

/** The converter would read what is there into the new model, and from there it could be copied anywhere. */
const leadsOut = (path: string): ConversionObstacle => ({
  why: `${path} is a link that leads out of exo's models folders`,
  fix: "Put the file itself there, or remove the link.",
});

async function targetTaken(
  { registry, folders }: ConversionCheckParts,
  { target }: ConversionOrder,
): Promise<readonly ConversionObstacle[]> {
  if ((await registry.foldersOf(target)).length === 0 && (await folders.isFree(target))) return [];
  return [
    { why: `there is a model ${target} on this node already`, fix: "Choose another id with --as, or remove it." },
  ];
}

function tooLittle(what: "disk space" | "memory", needed: number, there: number): readonly ConversionObstacle[] {
  if (there >= needed) return [];
  const fix =
    what === "memory"
      ? "Stop what uses it, such as an instance of exo, or convert on another node."
      : "Remove what is not needed from that disk, or convert on another node.";
  return [{ why: `it needs ${gigabytes(needed)} of ${what}, and ${gigabytes(there)} are free`, fix }];
}
