import type { ModelSpec } from "../models/model-spec.js";
import { calibrateProblem } from "./calibrate.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import { readRequestModel } from "./read-request-model.js";
import { readRequestLinks, readRequestNodes } from "./read-request-nodes.js";
import { readMeasurements, readStages } from "./read-request-runs.js";
import { type IssueList, openIssueList, type RequestIssue } from "./request-issues.js";
import {
  defaultLinkShape,
  nodeCountShape,
  objectiveShape,
  outputPolicyShape,
  pinShape,
  replicasShape,
  requestFields,
  shardingShape,
  workloadShape,
} from "./request-schema.js";

export type ReadPlanRequest =
  | { readonly kind: "ok"; readonly problem: PlanProblem }
  | { readonly kind: "invalid"; readonly issues: readonly RequestIssue[] };

/** Defaults of a request's workload. */
const usualContextTokens = 8192;

/**
 * Reads the input of `exoctl plan --inventory` (parsed YAML or JSON): checks every part and every relation between
 * parts, fills in the defaults, and reports all problems at once.
 */
export function readPlanRequest(document: unknown): ReadPlanRequest {
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    return { kind: "invalid", issues: [{ path: "", problem: "expected a mapping with nodes, links and model" }] };
  }
  const request: Readonly<Record<string, unknown>> = { ...document };
  const issues = openIssueList();
  const unknown = Object.keys(request).filter((key) => !requestFields.some((field) => field === key));
  for (const key of unknown) issues.add(key, "unknown field");

  const model = readRequestModel(request.model, request.quantization, issues);
  const nodes = readRequestNodes(request.nodes, issues);
  const nodeNames = statedNames(request.nodes);
  const links = readRequestLinks(request.links, nodeNames, issues);
  const defaultLink =
    request.defaultLink === undefined ? undefined : issues.read(defaultLinkShape, request.defaultLink, "defaultLink");
  const workload = issues.read(workloadShape, request.workload ?? {}, "workload");
  const modes = readModes(request, issues);
  const sizes = readSizes(request, nodeNames.size, issues);
  const pins = readPins(request.pins, nodes, nodeNames, model, issues);
  const running =
    request.running === undefined ? undefined : readStages(request.running, "running", nodeNames, model, issues);
  const measurements = readMeasurements(request.measurements, nodeNames, model, issues);
  if (issues.issues.length > 0 || model === undefined) return { kind: "invalid", issues: issues.issues };
  const problem: PlanProblem = {
    nodes,
    links,
    ...(defaultLink === undefined ? {} : { defaultLink }),
    model,
    workload: {
      contextTokens: workload?.contextTokens ?? usualContextTokens,
      concurrency: workload?.concurrency ?? 1,
      batch: workload?.batch ?? 1,
    },
    ...modes,
    ...sizes,
    pins,
    ...(running === undefined ? {} : { running }),
  };
  return { kind: "ok", problem: calibrateProblem(problem, measurements) };
}

/** All names that nodes claim, even of nodes with other problems: so one mistake is reported once. */
function statedNames(nodes: unknown): ReadonlySet<string> {
  if (!Array.isArray(nodes)) return new Set();
  return new Set(
    nodes.flatMap((node: unknown) => {
      const name = typeof node === "object" && node !== null && "name" in node ? node.name : undefined;
      return typeof name === "string" ? [name] : [];
    }),
  );
}

function readModes(request: Readonly<Record<string, unknown>>, issues: IssueList) {
  const objective = issues.read(objectiveShape, request.objective ?? "latency", "objective") ?? "latency";
  const outputPolicy =
    issues.read(outputPolicyShape, request.outputPolicy ?? "replicated", "outputPolicy") ?? "replicated";
  const sharding = issues.read(shardingShape, request.sharding ?? "pipeline", "sharding") ?? "pipeline";
  const replicas = issues.read(replicasShape, request.replicas ?? 1, "replicas") ?? 1;
  return { objective, outputPolicy, sharding, replicas };
}

function readSizes(request: Readonly<Record<string, unknown>>, nodeCount: number, issues: IssueList) {
  const minNodes = issues.read(nodeCountShape, request.minNodes ?? 1, "minNodes") ?? 1;
  const maxNodes =
    issues.read(nodeCountShape, request.maxNodes ?? Math.max(nodeCount, minNodes), "maxNodes") ?? minNodes;
  if (minNodes > maxNodes) issues.add("minNodes", `expected at most maxNodes (${maxNodes})`);
  return { minNodes, maxNodes };
}

function readPins(
  value: unknown,
  nodes: readonly PlanNode[],
  nodeNames: ReadonlySet<string>,
  model: ModelSpec | undefined,
  issues: IssueList,
): PlanProblem["pins"] {
  const read = issues.readEach(pinShape, value, "pins").map(({ item, path }) => ({ ...item, path }));
  read.forEach(({ node, startLayer, endLayer, path }, index) => {
    if (!nodeNames.has(node)) issues.add(`${path}.node`, `there is no node ${JSON.stringify(node)}`);
    if (nodes.some((candidate) => candidate.name === node && candidate.cordoned)) {
      issues.add(`${path}.node`, `${node} is cordoned`);
    }
    if (endLayer <= startLayer) issues.add(`${path}.endLayer`, `expected more than startLayer (${startLayer})`);
    if (model !== undefined && endLayer > model.layers) {
      issues.add(`${path}.endLayer`, `expected at most ${model.layers}, the layers of ${model.name}`);
    }
    for (const earlier of read.slice(0, index)) {
      if (earlier.node === node) issues.add(`${path}.node`, `${node} is pinned twice (${earlier.path})`);
      if (earlier.startLayer < endLayer && startLayer < earlier.endLayer) {
        issues.add(
          path,
          `overlaps ${earlier.path} (layers ${earlier.startLayer} to ${earlier.endLayer}, end excluded)`,
        );
      }
    }
  });
  return read.map(({ node, startLayer, endLayer }) => ({ node, layers: { start: startLayer, end: endLayer } }));
}
