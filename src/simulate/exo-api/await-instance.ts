import { bodyOf } from "../exo/exo-types.js";
import { type ApiRequest, readQuery, ValidationError } from "./api-request.js";
import { snakeFields } from "./event-json.js";
import { openSse } from "./sse.js";

const pollMs = 100;
const longestSec = 300;

/** GET `/instance/await` of the newer exo: says that an instance exists, not that it is ready. */
export async function awaitInstance(request: ApiRequest): Promise<void> {
  const modelId = readQuery(request, "model_id", (raw) => raw);
  const timeoutSec = readQuery(request, "timeout_seconds", Number, 0);
  if (!(timeoutSec >= 0 && timeoutSec <= longestSec)) {
    const msg = "Input should be less than or equal to 300";
    throw new ValidationError([{ type: "less_than_equal", loc: ["query", "timeout_seconds"], msg, input: timeoutSec }]);
  }
  const sse = openSse(request.response, request.node.keepAliveMs);
  const deadline = timeoutSec === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutSec * 1_000;
  const look = (): void => {
    if (sse.signal.aborted) return;
    const found = Object.values(request.node.state().instances).find(
      (instance) => bodyOf(instance).shardAssignments.modelId === modelId,
    );
    const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
    if (found !== undefined) sse.end(data({ type: "ready", instance: snakeFields(found) }));
    else if (performance.now() >= deadline)
      sse.end(data({ type: "timeout", message: `No instance found for model ${modelId}` }));
    else setTimeout(look, Math.min(pollMs, Math.max(1, deadline - performance.now())));
  };
  look();
}
