import { createHash } from "node:crypto";
import { type Attack, withHostileIds, withLinkedModels } from "./attack.js";
import { escapingModel, mixedModel, realModel } from "./robbed-agent.js";

const refused = (what: string, request: object): Attack => ({ what, request, ends: "refused" });
const harmless = (what: string, request: object): Attack => ({ what, request, ends: "harmless" });

const empty = createHash("sha256").digest();
/** An empty file of a manifest. */
const file = (path: string) => ({ path, bytes: 0, sha256: empty, pieceSha256s: Buffer.alloc(0) });
const manifest = (changes: object = {}) => ({
  manifest: { modelId: "lab/copy", pieceBytes: 2 ** 20, files: [file("config.json")], ...changes },
});
const bait = {
  name: "thief",
  pin: "A".repeat(43),
  addresses: [{ host: "127.0.0.1", port: 1 }],
  kind: "PEER_KIND_WHOLE",
};

/** Names that leave the model's folder, or that a program would run. */
const hostilePaths = [
  ...["../config.json", "/etc/cron.d/x.json", "a/../../x.json", "./x.json", "a//x.json", "x.json/", "a\\..\\x.json"],
  ...["x\0.json", "x\n.json", "\u202ejson.x.json", ".hidden.json", "a/.git/x.json", `${"x".repeat(300)}.json`],
  // All that Python loads as code, and what shells and systems run.
  ...["modeling.py", "x.pyc", "x.so", "x.abi3.so", "x.cpython-312-darwin.so", "x.dylib", "x.pth", "x.sh", "x.plist"],
  ...["x.bin", "x.pkl", "x.pt", "x", "x.json.py", "x.PY", "x.gguf"],
];
const manifestAttacks = (more: object): readonly Attack[] => [
  ...withHostileIds((modelId) => ({ ...manifest({ modelId }), ...more })),
  ...hostilePaths.map((path) =>
    refused(`a file named ${JSON.stringify(path).slice(0, 40)}`, { ...manifest({ files: [file(path)] }), ...more }),
  ),
  refused("two names that are one on a disk that does not tell capitals apart", {
    ...manifest({ files: [file("A.json"), file("a.json")] }),
    ...more,
  }),
  refused("two names that are one in another form of Unicode", {
    ...manifest({ files: [file("e\u0301.json"), file("\u00e9.json")] }),
    ...more,
  }),
  refused("a file that is also a folder", { ...manifest({ files: [file("a.json"), file("a.json/x.json")] }), ...more }),
];

/** Calls about the files of models. */
export const attacksOnModels: Readonly<Record<string, readonly Attack[]>> = {
  "ModelInspect/InspectModel": [
    ...withHostileIds((modelId) => ({ modelId })),
    ...withLinkedModels((modelId) => ({ modelId })),
  ],
  "ModelSync/LookAtModel": [
    ...withHostileIds((modelId) => ({ modelId })),
    ...withLinkedModels((modelId) => ({ modelId })),
  ],
  "ModelSync/MakeManifest": [
    ...withHostileIds((modelId) => ({ modelId })),
    refused("a model whose folder is a link out", { modelId: escapingModel }),
    harmless("a model with files that are links out", { modelId: mixedModel }),
  ],
  "ModelSync/ShareModel": [
    ...manifestAttacks({ readers: [], limitBytesPerSec: 0 }),
    refused("a model whose folder is a link out", manifest({ modelId: escapingModel })),
    refused("files of a model other than it has", manifest({ modelId: realModel, files: [file("secret.txt")] })),
    refused("a reader that is no key", { ...manifest({ modelId: realModel }), readers: ["*"] }),
  ],
  "ModelSync/FetchModel": [
    ...manifestAttacks({ peers: [bait], limitBytesPerSec: 0 }),
    refused("the place of a model of another program", { ...manifest({ modelId: realModel }), peers: [bait] }),
    refused("the place of a link out", { ...manifest({ modelId: escapingModel }), peers: [bait] }),
    refused("a host that is a URL", {
      ...manifest(),
      peers: [{ ...bait, addresses: [{ host: "http://10.0.0.1/", port: 1 }] }],
    }),
    harmless("an empty file, which needs no peer", { ...manifest(), peers: [] }),
  ],
  "ModelConvert/CheckConversion": conversions(),
  "ModelConvert/Convert": conversions(),
  "ModelConvert/CancelConversion": withHostileIds((target) => ({ target })),
  "ModelRemoval/FindModelFolders": [
    ...withHostileIds((modelId) => ({ modelId })),
    ...withLinkedModels((modelId) => ({ modelId })),
  ],
  "ModelRemoval/RemoveModelFiles": [
    ...withHostileIds((modelId) => ({ modelId })),
    ...withHostileIds((modelId) => ({ modelId, named: modelId })).slice(1),
    harmless("a link out, named in full", { modelId: escapingModel, named: escapingModel }),
    harmless("a model that exoctl did not place", { modelId: realModel }),
    harmless("a model with files that are links out, named in full", { modelId: mixedModel, named: mixedModel }),
    refused("another name than the model's", { modelId: realModel, named: "yes" }),
  ],
  "ModelRemoval/LeaveForgetNote": withHostileIds((modelId) => ({ modelId })),
  "ModelRemoval/ClearForgetNote": withHostileIds((modelId) => ({ modelId })),
};

/** The converter reads a folder and writes one; both are named by ids alone. */
function conversions(): readonly Attack[] {
  const order = (source: string, target: string, quantization = "CONVERSION_QUANTIZATION_MXFP4_Q8") => ({
    ...{ source, target, quantization },
  });
  return [
    ...withHostileIds((source) => order(source, "lab/gpt-oss-made")),
    ...withHostileIds((target) => order(realModel, target)),
    refused("no quantization", order(realModel, "lab/gpt-oss-made", "CONVERSION_QUANTIZATION_UNSPECIFIED")),
    harmless("a source behind a link out", order(escapingModel, "lab/gpt-oss-made")),
    harmless("a source with files that are links out", order(mixedModel, "lab/gpt-oss-made")),
    harmless("a target that is there", order(realModel, mixedModel)),
    harmless("what it is for", order(realModel, "lab/gpt-oss-made")),
  ];
}
