import { parseDownloads } from "../../src/adapters/exo-classic/parse-downloads.js";
import { parseHealth, parseModels } from "../../src/adapters/exo-classic/parse-models.js";
import { parseGrpcTopology, parseHttpTopology } from "../../src/adapters/exo-classic/parse-topology.js";
import { createChatStreamReader as createClassicReader } from "../../src/adapters/exo-classic/read-chat-stream.js";
import { parseModels as parseModernModels } from "../../src/adapters/exo-modern/exo-answers.js";
import { createChatStreamReader } from "../../src/adapters/exo-modern/parse-chat-stream.js";
import { parseState } from "../../src/adapters/exo-modern/parse-state.js";
import { readExoVariant, readOlderExo } from "../../src/cluster/exo-variant.js";
import {
  type RawClusterParts,
  readClassicNodes,
  readCluster,
  readNodeId,
} from "../../src/discover/exo/read-exo-answers.js";
import { exoFile, type FuzzTarget, parsed } from "./target.js";

const pieceBytes = 97;

/** Cut at places that have nothing to do with its lines. */
const piecesOf = (bytes: Buffer): readonly Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
    bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  );

/** What an exo answers, or whoever answers in its place. */
export const exoTargets: readonly FuzzTarget[] = [
  {
    name: "exo's /state",
    samples: [exoFile("1.0.68/state.json"), exoFile("1.0.71/state.json"), exoFile("after-1.0.71/state.json")],
    run: (bytes) => {
      const state = parsed(bytes);
      return [
        parseState(state),
        typeof state === "object" && state !== null ? readCluster(state as RawClusterParts) : undefined,
      ];
    },
    refuses: [],
  },
  {
    name: "older exo's /state",
    samples: [exoFile("1.0.60/state.json"), exoFile("1.0.64/state.json")],
    run: (bytes) => parseState(parsed(bytes)),
    refuses: [],
  },
  {
    name: "exo's /models",
    samples: [exoFile("1.0.68/models.json"), exoFile("1.0.60/models.json")],
    run: (bytes) => [parseModernModels(parsed(bytes)), readNodeId(parsed(bytes))],
    refuses: [],
  },
  {
    name: "exo's /openapi.json",
    samples: [exoFile("1.0.71/openapi.json"), exoFile("1.0.61/openapi.json")].map((bytes) => bytes.subarray(0, 20_000)),
    run: (bytes) => [readExoVariant(parsed(bytes)), readOlderExo(parsed(bytes))],
    refuses: [],
  },
  {
    name: "exo's chat stream",
    samples: [exoFile("1.0.68/chat-stream.txt")],
    run: (bytes) => {
      const reader = createChatStreamReader();
      for (const piece of piecesOf(bytes)) reader.feed(piece.toString("utf8"));
      return reader.soFar();
    },
    refuses: [],
  },
  {
    name: "exo 0.0.x's answers",
    samples: [
      exoFile("0.0.15/download/progress-on-downloading-node.json"),
      exoFile("0.0.15/grpc/collect-topology.json"),
      exoFile("0.0.15/grpc/health-check.json"),
    ],
    run: (bytes) => {
      const value = parsed(bytes);
      return [parseDownloads, parseHealth, parseModels, parseHttpTopology, parseGrpcTopology, readClassicNodes].map(
        (read) => read(value),
      );
    },
    refuses: [],
  },
  {
    name: "exo 0.0.x's chat stream",
    samples: [exoFile("0.0.15/http/chat-dummy-stream.sse")],
    run: (bytes) => {
      const reader = createClassicReader("dummy");
      return piecesOf(bytes).flatMap((piece) => reader.feed(piece));
    },
    refuses: [],
  },
];
