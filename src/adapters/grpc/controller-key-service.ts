import { z } from "zod";
import type { ControllerKey } from "../../agent/controller-key.js";
import { RefusalError } from "../../agent/refusal.js";
import type { ControllerKeyHandlers } from "./generated/exoctl/agent/v1/ControllerKey.js";
import { answerOnce, type CallFrame } from "./serve-calls.js";

const announcement = z.object({ certificate: z.instanceof(Uint8Array) });

function readCertificate(request: unknown): Uint8Array {
  const parsed = announcement.safeParse(request);
  if (parsed.success) return parsed.data.certificate;
  throw new RefusalError("invalid", "certificate: expected the bytes of one");
}

/** The calls of proto/controller_key.proto as gRPC handlers. */
export function createControllerKeyService(key: ControllerKey, frame: CallFrame): ControllerKeyHandlers {
  const answer = answerOnce(frame);
  return {
    AnnounceKey: answer(async (request, caller) => {
      await key.announce(caller, readCertificate(request));
      return {};
    }),
    ConfirmKey: answer(async (_request, caller) => {
      await key.confirm(caller);
      return {};
    }),
  };
}
