import { z } from "zod";
import { AgentUnreachableError } from "../../inventory/agent-link.js";
import type { ConvertLink } from "../../inventory/convert-link.js";
import type { AgentChannel } from "./agent-channel.js";
import { loadModelConvert } from "./agent-definitions.js";
import { orderMessage, readCheck, readUpdate } from "./convert-messages.js";

/** The check starts a Python that loads MLX, from a cold disk. */
const checkDeadlineMs = 90_000;
/** The converter gets 5 s to end, and then up to hundreds of gigabytes are removed. */
const cancelDeadlineMs = 60_000;

const readCancelled = (answer: unknown): "cancelled" | "not-running" =>
  z.object({ cancelled: z.boolean() }).parse(answer).cancelled ? "cancelled" : "not-running";

/** The calls of proto/model_convert.proto over a connection to an agent. */
export function openConvertLink(channel: AgentChannel): ConvertLink {
  const client = channel.clientOf(loadModelConvert());
  return {
    check: (order, signal) =>
      channel.call(client.checkConversion.bind(client), orderMessage(order), readCheck, {
        signal,
        deadlineMs: checkDeadlineMs,
      }),
    convert: async (order, report, signal) => {
      const updates = channel.stream(client.convert.bind(client), orderMessage(order), readUpdate, signal);
      for await (const update of updates) {
        if (update.kind === "result") return update.result;
        report(update.progress);
      }
      throw new AgentUnreachableError("agent_unreachable", "the agent ended the conversion without a result");
    },
    cancel: (target, signal) =>
      channel.call(client.cancelConversion.bind(client), { target }, readCancelled, {
        signal,
        deadlineMs: cancelDeadlineMs,
      }),
  };
}
