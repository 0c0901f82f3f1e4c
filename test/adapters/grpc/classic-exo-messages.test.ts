import fc from "fast-check";
import { expect, test } from "vitest";
import {
  classicExoReportMessage,
  readClassicExoReport,
  readSettings,
} from "../../../src/adapters/grpc/classic-exo-messages.js";
import { RefusalError } from "../../../src/agent/refusal.js";
import { type ClassicExoSettings, settingsProblems } from "../../../src/cluster/classic-launch.js";

const settings: ClassicExoSettings = {
  nodeId: "studio-1",
  peers: [
    { id: "studio-1", address: "10.0.0.1", port: 52_416, model: "Mac16,9", chip: "Apple M4 Max", memoryMb: 65_536 },
    { id: "studio-2", address: "fd00::2", port: 52_416, model: "", chip: "", memoryMb: 1 },
  ],
  defaultModel: "oss-120b",
  repo: "owner/model",
  responseTimeoutSec: 3_600,
};

test("settings and reports come through as they were sent", () => {
  expect(readSettings(settings)).toEqual(settings);
  const report = {
    engine: "mlx" as const,
    nodePort: 52_416,
    memoryMb: 65_536,
    configured: { ...settings, forcedMemoryMb: 4 },
    running: { settings, registryDigest: "a".repeat(64) },
  };
  expect(readClassicExoReport(classicExoReportMessage(report))).toEqual(report);
});

test("whatever a controller sends is settings that pass every check, or refused", () => {
  const spoilt = fc.oneof(
    fc.anything(),
    fc.string(),
    fc.constantFrom("--run-model", "a b", "../x", "$(id)", "", 0, -1, 1e12, 0.5),
  );
  const path = fc.constantFrom("nodeId", "defaultModel", "repo", "responseTimeoutSec", "forcedMemoryMb", "peers");
  const inPeer = fc.constantFrom("id", "address", "port", "model", "chip", "memoryMb");
  fc.assert(
    fc.property(path, inPeer, spoilt, (field, peerField, value) => {
      const peers = [{ ...settings.peers[0], [peerField]: value }, settings.peers[1]];
      for (const request of [{ ...settings, [field]: value }, { ...settings, peers }, value]) {
        try {
          expect(settingsProblems(readSettings(request))).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(RefusalError);
        }
      }
    }),
    { numRuns: 300, seed: 3 },
  );
});
