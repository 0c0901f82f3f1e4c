import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tinyGptOss } from "./converter/tiny-model.js";
import { writeTinyModel } from "./converter/write-tiny-model.js";
import { placeCompleteWeights } from "./exo/model-files.js";

const marker = ".simulated-home";

/** The model whose weights a simulated Mac has, or may download. */
export const simulatedModelId = "mlx-community/gpt-oss-120b-MXFP4-Q8";

/** A small model in the layout that OpenAI publishes, whole in all but its numbers: something to convert. */
const convertibleFolder = "openai--gpt-oss-tiny";

/**
 * Makes the data folder of a simulated exo, with complete weights if it is to have them. Does it once: what is deleted
 * later stays deleted.
 */
export async function prepareSimulatedHome(home: string, weights: "complete" | "none"): Promise<void> {
  const known = await access(join(home, marker)).then(
    () => true,
    () => false,
  );
  if (known) return;
  await mkdir(join(home, "custom_model_cards"), { recursive: true });
  await mkdir(join(home, "models"), { recursive: true });
  if (weights === "complete") {
    await placeCompleteWeights(join(home, "models"), [simulatedModelId]);
    await writeTinyModel(join(home, "models", convertibleFolder), tinyGptOss, "published");
  }
  await writeFile(join(home, marker), "This folder belongs to a simulated Mac. The weights in it are empty.\n");
}
