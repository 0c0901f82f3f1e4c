import type { Command } from "commander";
import { addClassicModelCommands } from "./model-classic.js";

/** `exoctl model`: registry entries and model files. */
export function addModelCommand(program: Command): void {
  const model = program.command("model").description("registry entries and model files");
  addClassicModelCommands(model);
}
