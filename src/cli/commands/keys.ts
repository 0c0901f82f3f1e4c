import type { Command } from "commander";
import type { KeyScope } from "../../gateway/keys/api-key.js";
import { controllerOf } from "../find-controller.js";
import { commaList, readAmount, readExpiry, readScopes } from "../key-options.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { renderKeyAdvice, renderKeys, renderRevokedKey } from "../render/keys-view.js";

interface CreateOptions extends CommonOptions {
  readonly scope: readonly KeyScope[];
  readonly rpm?: number;
  readonly concurrency?: number;
  readonly tokensPerDay?: number;
  readonly models?: readonly string[];
  readonly expires?: number;
}

/** `exoctl keys`: who may use the gateway, for what, and how much. */
export function addKeysCommand(program: Command): void {
  const keys = program.command("keys").description("API keys: who may use the gateway, for what, and how much");
  withCommonOptions(keys.command("create"))
    .description("make a key and print it, once and alone, on standard output")
    .argument("<name>", "whose it is or what it is for")
    .option("--scope <scopes>", "models, batch, admin: one or several with commas", readScopes, ["models"])
    .option("--rpm <n>", "at most so many requests in any minute", readAmount)
    .option("--concurrency <n>", "at most so many requests at the same time", readAmount)
    .option("--tokens-per-day <n>", "at most so many tokens from midnight to midnight UTC", readAmount)
    .option("--models <names>", "only these models, aliases included, with commas", commaList)
    .option("--expires <when>", "after 12h or 90d, or at the end of 2027-01-31 UTC", (text) =>
      readExpiry(text, Date.now()),
    )
    .action(async (name: string, options: CreateOptions) => {
      const { rpm, concurrency, tokensPerDay, models, expires } = options;
      const created = await controllerOf(options).createKey({
        name,
        scopes: options.scope,
        limits: {
          ...(rpm === undefined ? {} : { requestsPerMinute: rpm }),
          ...(concurrency === undefined ? {} : { concurrency }),
          ...(tokensPerDay === undefined ? {} : { tokensPerDay }),
        },
        ...(models === undefined ? {} : { models }),
        ...(expires === undefined ? {} : { expiresAt: expires }),
      });
      await printResult(created, options.output, () => [created.key]);
      process.stderr.write(`${renderKeyAdvice(created, palette(process.stderr)).join("\n")}\n`);
    });
  withCommonOptions(keys.command("list"))
    .description("every key: what it is good for, and what was used with it")
    .action(async (options: CommonOptions) => {
      const list = await controllerOf(options).listKeys();
      const page = { colors: palette(process.stdout), width: widthOf(process.stdout) };
      await printResult(list, options.output, () => renderKeys(list, page));
    });
  withCommonOptions(keys.command("revoke"))
    .description("let nobody use a key any more; what is being answered for it ends")
    .argument("<id>", "as in `keys list`")
    .action(async (id: string, options: CommonOptions) => {
      const revoked = await controllerOf(options).revokeKey({ id });
      await printResult(revoked, options.output, () => renderRevokedKey(revoked));
    });
}
