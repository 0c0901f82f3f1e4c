import { readStateBody } from "../../src/adapters/peer-files/file-requests.js";
import { readBundleEntry, renderBundleEntry } from "../../src/agent/bundle/bundle-entry.js";
import { readModelConfig } from "../../src/models/inspect/model-config.js";
import { prefixBytes, readHeader, readHeaderLength } from "../../src/models/inspect/safetensors-header.js";
import { readWeightIndex } from "../../src/models/inspect/weight-index.js";
import { readManifest } from "../../src/models/sync/read-manifest.js";
import { editModelsPy } from "../../src/register/classic/edit-models-py.js";
import { readCardModelId } from "../../src/register/read-card.js";
import { generatedEntry, modelsPyCase } from "../support/models-py-files.js";
import { type FuzzTarget, json } from "./target.js";

const header = json({
  __metadata__: { format: "pt" },
  "model.layers.0.mlp.weight": { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
  "model.norm.weight": { dtype: "BF16", shape: [8], data_offsets: [16, 32] },
});
const safetensors = Buffer.concat([Buffer.alloc(prefixBytes), header, Buffer.alloc(32)]);
safetensors.writeBigUInt64LE(BigInt(header.length));

const digest = "a".repeat(64);

/** What lies in folders that others filled, or comes from other agents. */
export const modelTargets: readonly FuzzTarget[] = [
  {
    name: "safetensors header",
    samples: [safetensors],
    run: (bytes) => {
      const length = readHeaderLength(bytes, bytes.length);
      return readHeader(
        bytes.subarray(prefixBytes, length.kind === "refused" ? undefined : prefixBytes + length.value),
        bytes.length,
      );
    },
    refuses: [],
  },
  {
    name: "safetensors index",
    samples: [
      json({ metadata: { total_size: 32 }, weight_map: { "model.norm.weight": "model-00001-of-00002.safetensors" } }),
    ],
    run: (bytes) => readWeightIndex("model.safetensors.index.json", bytes),
    refuses: [],
  },
  {
    name: "model config",
    samples: [
      json({
        ...{ model_type: "gpt_oss", num_hidden_layers: 36, hidden_size: 2880, num_attention_heads: 64, head_dim: 64 },
        ...{ num_key_value_heads: 8, sliding_window: 128, layer_types: ["sliding_attention", "full_attention"] },
        quantization: { group_size: 32, bits: 4, mode: "mxfp4", "model.norm": { group_size: 64, bits: 8 } },
      }),
    ],
    run: readModelConfig,
    refuses: [],
  },
  {
    name: "models.py",
    samples: Array.from({ length: 12 }, (_, seed) => Buffer.from(modelsPyCase(seed + 1).text)),
    run: (bytes) => editModelsPy(bytes.toString("utf8"), generatedEntry),
    refuses: [],
  },
  {
    name: "model card",
    samples: [
      Buffer.from('model_id = "local/a"\nn_layers = 36\ntasks = ["TextGeneration"]\n[storage_size]\nin_bytes = 1\n'),
    ],
    run: (bytes) => readCardModelId(bytes.toString("utf8")),
    refuses: [],
  },
  {
    name: "manifest and piece map",
    samples: [
      json({
        ...{ version: 1, modelId: "local/a", pieceBytes: 4_194_304 },
        files: [{ path: "config.json", bytes: 3, sha256: digest, pieces: [digest] }],
      }),
    ],
    run: (bytes) => [readManifest(bytes.toString("utf8")), readStateBody(bytes, 8 * Math.floor(bytes.length / 3))],
    refuses: [],
  },
  {
    name: "entry of a bundle",
    samples: [Buffer.from(renderBundleEntry({ modelId: "local/a", layers: 36 } as never))],
    run: (bytes) => readBundleEntry(bytes.toString("utf8")),
    refuses: [],
  },
];
