import { ZodError } from "zod";
import { parseMessage, requestSchema, WireError } from "../../src/adapters/tls/enrolment-wire.js";
import { readClusterSpec } from "../../src/config/read-cluster-spec.js";
import { parseJoinToken } from "../../src/controller/join-token.js";
import { parseChatRequest } from "../../src/gateway/parse-chat-request.js";
import { readPlanRequest } from "../../src/plan/read-plan-request.js";
import { readWhatIf } from "../../src/plan/read-what-if.js";
import { Problem } from "../../src/runtime/problem.js";
import { readSimulationSpec } from "../../src/simulate/simulated-cluster-spec.js";
import { type FuzzTarget, file, json, parsed } from "./target.js";

/** What clients, agents and people hand to a controller. */
export const controllerTargets: readonly FuzzTarget[] = [
  {
    name: "gateway's HTTP body",
    samples: [
      json({ model: "gpt-oss-120b", stream: true, messages: [{ role: "user", content: "Hi" }], max_tokens: 5 }),
      json({
        model: "m",
        messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
        tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      }),
    ],
    run: (bytes) => parseChatRequest(bytes),
    refuses: [],
  },
  {
    name: "cluster.yaml",
    samples: [
      file("cluster.yaml"),
      Buffer.from("apiVersion: exoctl/v1\nmodels:\n  - &a { name: gpt-oss-120b }\n  - *a\n"),
      Buffer.from('apiVersion: exoctl/v1\nnodes: { defaults: { headroom: 3GiB }, "studio-3": { cordon: true } }\n'),
      Buffer.from("apiVersion: exoctl/v1\ndiscovery:\n  hosts:\n    - 10.0.0.11\n    - '[fe80::1%en0]:8417'\n"),
    ],
    run: (bytes) => readClusterSpec(bytes.toString("utf8"), "cluster.yaml"),
    refuses: [],
  },
  {
    name: "plan request",
    samples: [
      json({
        nodes: [
          { name: "a", chip: "M3 Ultra", memoryBytes: 274_877_906_944 },
          { name: "b", budgetBytes: 55_662_776_156, effBytesPerSec: 369e9, overheadSecPerLayer: 8e-5, cordoned: true },
        ],
        links: [{ from: "a", to: "b", alphaSec: 0.0015, bytesPerSec: 2.5e9, kind: "thunderbolt" }],
        ...{ model: "gpt-oss-120b", quantization: "MXFP4-Q8", objective: "latency", replicas: 1, minNodes: 1 },
        ...{
          workload: { contextTokens: 8192, concurrency: 1, batch: 1 },
          pins: [{ node: "a", startLayer: 0, endLayer: 9 }],
        },
      }),
    ],
    run: (bytes) => readPlanRequest(parsed(bytes)),
    refuses: [],
  },
  {
    name: "what-if",
    samples: [Buffer.from("add=studio-4:M3 Ultra:256GiB,remove=studio-1,cordon=studio-2")],
    run: (bytes) => readWhatIf(bytes.toString("utf8")),
    refuses: [Problem],
  },
  {
    name: "simulation file",
    samples: [Buffer.from("macs:\n  - { name: studio-1, chip: M2 Max, memoryGb: 64 }\ntimeScale: 1\n")],
    run: (bytes) => readSimulationSpec(bytes.toString("utf8"), "macs.yaml"),
    refuses: [Problem],
  },
  {
    name: "enrolment message",
    samples: [
      json({
        ...{ version: 1, token: "aaaaaaaaaa", agentId: "5f2c9ae1-d07b-4c66-88b1-f0e2a3d4c5b6", name: "studio-1" },
        ...{ servicePort: 8417, proof: "A".repeat(43) },
      }),
    ],
    run: (bytes) => parseMessage(bytes.toString("utf8"), requestSchema),
    refuses: [WireError],
  },
  {
    name: "join token",
    samples: [Buffer.from(`enr1.aaaaaaaaaa.${"A".repeat(43)}.${"A".repeat(43)}`)],
    run: (bytes) => parseJoinToken(bytes.toString("utf8")),
    refuses: [Problem, ZodError],
  },
];
