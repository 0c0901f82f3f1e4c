import { type Command, Option } from "commander";
import type { OutputFormat } from "./output.js";
import type { ControllerOptions } from "./remote-controller.js";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** What every command takes. */
export interface CommonOptions extends ControllerOptions {
  readonly file?: string;
  readonly output: OutputFormat;
  readonly logLevel: LogLevel;
}

/** Adds the options that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("-f, --file <file>", "cluster file (default: cluster.yaml of the running controller)")
    .addOption(
      new Option("-o, --output <format>", "what to print on standard output")
        .choices(["text", "json", "yaml"])
        .default("text"),
    )
    .addOption(
      new Option("--log-level <level>", "what to log on standard error")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("warn"),
    );
}
