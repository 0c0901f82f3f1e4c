import { parseState } from "../../../src/adapters/exo-modern/parse-state.js";
import { readExoVariant } from "../../../src/cluster/exo-variant.js";
import { type ExoFacts, releases } from "./exo-case.js";
import { callExo } from "./http-driver.js";

/** The card that every exo from 1.0.68 on ships. */
const builtinModel = "mlx-community/gpt-oss-120b-MXFP4-Q8";

/** Asks an exo for what cases have to know of it: its release by its document, and an instance all of whose runners are ready. */
export async function learnFacts(baseUrl: string, model = builtinModel): Promise<ExoFacts> {
  const label = readExoVariant((await callExo(baseUrl, { method: "GET", path: "/openapi.json" })).json)?.label;
  const release = releases.find((one) => one === label);
  if (release === undefined) throw new Error(`the exo at ${baseUrl} is of no release that cases know: ${label}`);
  const { instances } = parseState((await callExo(baseUrl, { method: "GET", path: "/state" })).json);
  const ready = instances.find(({ shards }) => shards.length > 0 && shards.every(({ runner }) => runner === "ready"));
  const serving = ready === undefined ? {} : { serving: { instanceId: ready.id, model: ready.modelId } };
  return { release, model, ...serving };
}
