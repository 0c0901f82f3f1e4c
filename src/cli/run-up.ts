import { once } from "node:events";
import { userInfo } from "node:os";
import type { ModelEntry } from "../config/cluster-spec.js";
import type { RunningUp } from "../processes/start-up.js";
import { Problem } from "../runtime/problem.js";
import { askGateway } from "./ask-gateway.js";
import { type OutputFormat, palette, printableText, printResult, widthOf } from "./output.js";
import { progressOn, showProgress } from "./progress.js";
import { renderModelMap } from "./render/model-map.js";
import { renderProblem } from "./render/problem-view.js";
import type { ProgressView } from "./render/progress-view.js";
import { renderReady } from "./render/ready-view.js";

/** What `up` shall do once its parts are started. */
export interface UpRun {
  /** `once`: end after the answer. `stay`: serve until told to stop. */
  readonly mode: "once" | "stay";
  readonly models: readonly ModelEntry[];
  readonly prompt: string;
  /** Give up on missing nodes after so long. */
  readonly waitMs?: number;
  readonly output: OutputFormat;
  readonly stop: AbortSignal;
}

/** Starts everything, brings the models up, asks the first one something, shows what runs where, and stays or ends. */
export async function runUp(start: () => Promise<RunningUp>, run: UpRun): Promise<void> {
  const view = progressOn(process.stderr);
  const starting = view.step("start the controller");
  const up = await start().catch((error: unknown) => {
    starting.fail("it could not be started");
    throw error;
  });
  starting.done();
  try {
    await serve(up, view, run);
  } catch (error) {
    if (!run.stop.aborted) throw error;
    if (run.mode === "once") throw stopped();
  } finally {
    await up.close();
  }
}

const stopped = (): Problem =>
  new Problem("failed", "stopped", "it was stopped before it had an answer", "Run it again.");

async function serve(up: RunningUp, view: ProgressView, run: UpRun): Promise<void> {
  const ready = await bringUp(up, view, run);
  const { controller } = up;
  const info = controller.api.info();
  if (ready) await answer(up, run).catch((error: unknown) => staying(error, run));
  if (run.mode === "once") return;
  controller.startHealing();
  const link =
    info.admin === null || run.output !== "text"
      ? undefined
      : await controller.api.createOpenLink({ by: userInfo().username });
  await printResult({ ...info, ready }, run.output, () => renderReady(info, link, palette(process.stdout)));
  if (!run.stop.aborted) await once(run.stop, "abort");
}

/** @returns whether the models run. While `up` stays, what can't run yet is only reported: it will be tried again. */
async function bringUp({ controller, expectedNodes }: RunningUp, view: ProgressView, run: UpRun): Promise<boolean> {
  const waiting = view.step("wait for nodes");
  try {
    const options = {
      ...(expectedNodes === undefined ? {} : { expected: expectedNodes }),
      ...(run.waitMs === undefined ? {} : { waitMs: run.waitMs }),
    };
    await controller.awaitNodes(options, (line) => waiting.update(line.text), run.stop);
  } catch (error) {
    waiting.fail("none became ready");
    throw error;
  }
  const names = controller.api.status().nodes.filter((node) => node.state === "ready");
  waiting.done(names.map((node) => node.name).join(", "));
  const progress = showProgress(view);
  try {
    const request = { mode: "apply", by: userInfo().username } as const;
    const summary = await abortable(controller.api.apply(request, progress.report, run.stop), run.stop);
    if (!summary.changed) view.info("nothing to change: everything runs as wanted");
    return true;
  } catch (error) {
    progress.stop();
    staying(error, run);
    return false;
  } finally {
    progress.stop();
  }
}

/** What goes wrong while `up` stays is told, and is no reason to end: the models are looked after from now on. */
function staying(error: unknown, run: UpRun): void {
  if (run.mode === "once" || run.stop.aborted || !(error instanceof Problem)) throw error;
  process.stderr.write(`${renderProblem(error, palette(process.stderr)).join("\n")}\n`);
}

/** The work goes on in the controller when its client leaves; here nobody waits for it any longer. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = once(signal, "abort").then(() => Promise.reject(signal.reason));
  work.catch(() => undefined); // told through the race, or of no interest any more
  return Promise.race([work, aborted]);
}

/** One question through the gateway, the answer as it streams, and the layer map. */
async function answer({ controller }: RunningUp, run: UpRun): Promise<void> {
  const { gateway } = controller.api.info();
  const model = run.models[0];
  if (model === undefined) return;
  const text = run.output === "text";
  const colors = palette(process.stdout);
  if (text) process.stdout.write(`\n${colors.dim(`${model.name} ›`)} ${colors.bold(run.prompt)}\n\n`);
  const onText = (piece: string): void => void (text && process.stdout.write(printableText(piece)));
  const answered = await askGateway({
    ...{ gateway, socketPath: controller.gatewaySocket, model: model.name, prompt: run.prompt },
    ...{ onText, signal: run.stop },
  });
  const status = controller.api.status().models.find((candidate) => candidate.name === model.name);
  if (!text) {
    if (run.mode === "once") await printResult({ model: status ?? null, answer: answered }, run.output, () => []);
    return;
  }
  const streamedMs = answered.tookMs - answered.firstTokenMs;
  const rate = streamedMs > 0 ? ((answered.completionTokens ?? 0) / streamedMs) * 1_000 : 0;
  const figures = `first token after ${Math.round(answered.firstTokenMs)} ms, ${answered.completionTokens ?? 0} tokens, ${rate.toFixed(0)} tokens/s`;
  process.stdout.write(`\n\n${colors.dim(figures)}\n\n`);
  if (status === undefined) return;
  const lines = renderModelMap(status, { colors, width: widthOf(process.stdout) });
  process.stdout.write(`${lines.join("\n")}\n`);
}
