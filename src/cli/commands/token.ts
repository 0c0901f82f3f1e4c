import type { Command } from "commander";
import { parseDuration } from "../../config/parse-duration.js";
import { Problem } from "../../runtime/problem.js";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderJoin } from "../render/join-view.js";
import { renderNodeChange, renderTokens } from "../render/nodes-view.js";

interface TokenOptions extends CommonOptions {
  readonly for?: string;
  readonly ttl: string;
}

/** `exoctl token`: what to paste on a Mac so that it joins, and which of these are still good. */
export function addTokenCommand(program: Command): void {
  const token = program.command("token").description("join tokens for new nodes");
  withCommonOptions(token.command("create"))
    .description("make a single-use join token and print what to run on the new node")
    .option("--for <name>", "only this node may use it")
    .option("--ttl <duration>", "how long it stays valid, such as 15m", "30m")
    .action(async (options: TokenOptions) => {
      const request = {
        ttlMs: checkedTtl(options.ttl),
        ...(options.for === undefined ? {} : { forName: options.for }),
      };
      const join = await controllerOf(options).createToken(request);
      await printResult(join, options.output, () => renderJoin(join, palette(process.stdout)));
    });
  withCommonOptions(token.command("list"))
    .description("join tokens: which are open, used or expired")
    .action(async (options: CommonOptions) => {
      const tokens = await controllerOf(options).listTokens();
      const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
      await printResult(tokens, options.output, () => renderTokens(tokens, page));
    });
  withCommonOptions(token.command("revoke"))
    .description("let nobody use a token any more")
    .argument("<id>", "as in `token list`")
    .action(async (id: string, options: CommonOptions) => {
      const change = await controllerOf(options).revokeToken({ id });
      await printResult(change, options.output, () => renderNodeChange(change, "is revoked"));
    });
}

function checkedTtl(text: string): number {
  const ttlMs = parseDuration(text);
  if (ttlMs >= 60_000 && ttlMs <= 86_400_000) return ttlMs;
  throw new Problem("usage", "bad_ttl", `--ttl ${text} is not between a minute and a day`, "Such as 30m.");
}
