import { calibrateProblem } from "./calibrate.js";
import type { PlanProblem } from "./plan-problem.js";
import { readRequestLinks } from "./read-request-links.js";
import { readRequestModel } from "./read-request-model.js";
import { readRequestNodes } from "./read-request-nodes.js";
import { readRequestPins } from "./read-request-pins.js";
import { readMeasurements, readStages } from "./read-request-runs.js";
import { type IssueList, openIssueList, type RequestIssue, statedItems, statedText } from "./request-issues.js";
import {
  defaultLinkShape,
  nodeCountShape,
  objectiveShape,
  outputPolicyShape,
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
  const pins = readRequestPins(request.pins, request.nodes, model, issues);
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
const statedNames = (nodes: unknown): ReadonlySet<string> =>
  new Set(statedItems(nodes, "nodes").flatMap(({ stated }) => statedText(stated.name) ?? []));

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
