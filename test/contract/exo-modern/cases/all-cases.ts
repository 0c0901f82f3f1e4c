import type { ExoCase } from "../exo-case.js";
import { benchCases } from "./bench-cases.js";
import { chatCases } from "./chat-cases.js";
import { downloadCases } from "./download-cases.js";
import { failureCases } from "./failure-cases.js";
import { instanceCases } from "./instance-cases.js";
import { modelCases } from "./model-cases.js";
import { nodeCases } from "./node-cases.js";
import { ollamaCases } from "./ollama-cases.js";
import { otherApiCases } from "./other-api-cases.js";
import { placementCases } from "./placement-cases.js";

/** Every promise of exo's API that exoctl, or somebody who uses exo through it, relies on. */
export const allCases: readonly ExoCase[] = [
  ...nodeCases,
  ...modelCases,
  ...placementCases,
  ...instanceCases,
  ...downloadCases,
  ...chatCases,
  ...benchCases,
  ...otherApiCases,
  ...ollamaCases,
  ...failureCases,
];
