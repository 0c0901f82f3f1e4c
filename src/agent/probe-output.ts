import type { HostProbe, ProbeQuestion } from "./host-probe.js";

/** What a question brought that went well; undefined when it failed or there is no such thing here. */
export async function outputOf(
  probe: HostProbe,
  question: ProbeQuestion,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await probe.ask(question, signal);
  return answer.kind === "output" && answer.exitCode === 0 ? answer.stdout : undefined;
}
