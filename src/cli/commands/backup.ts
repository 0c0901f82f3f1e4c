import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { Problem } from "../../runtime/problem.js";
import { stateHome } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { printResult } from "../output.js";
import { readPassphrase } from "../passphrase.js";
import { version } from "../version.js";

interface BackupOptions extends CommonOptions {
  readonly passphraseFile?: string;
}

/** `exoctl backup` and `restore`: everything that the controller of this machine knows, encrypted. */
export function addBackupCommands(program: Command): void {
  const command = (name: string, what: string): Command =>
    withCommonOptions(program.command(name))
      .description(what)
      .argument("<file>", "the backup")
      .option("--passphrase-file <file>", "where the passphrase is; - for standard input");
  command("backup", "write everything the controller knows to an encrypted file").action(
    async (file: string, options: BackupOptions) => {
      const passphrase = await readPassphrase(options.passphraseFile);
      const [{ sealWithPassphrase }, { readStateForBackup }, { default: writeFileAtomic }] = await Promise.all([
        import("../../adapters/backup/age-box.js"),
        import("../../adapters/sqlite/state-backup.js"),
        import("write-file-atomic"),
      ]);
      const backup = await readStateForBackup(stateHome(), version, Date.now());
      await writeFileAtomic(file, Buffer.from(await sealWithPassphrase(JSON.stringify(backup), passphrase)), {
        mode: 0o600,
      });
      const summary = { file, clusterId: backup.state.clusterId, nodes: backup.state.members.map(({ name }) => name) };
      await printResult(summary, options.output, () => [
        `cluster ${summary.clusterId} with ${summary.nodes.length} nodes is in ${file}`,
        "Whoever has this file and its passphrase can act as the controller: keep them apart.",
      ]);
    },
  );
  command("restore", "put a backup in place of what the controller of this machine knows").action(
    async (file: string, options: BackupOptions) => {
      const passphrase = await readPassphrase(options.passphraseFile);
      const [{ openWithPassphrase }, { parseBackup, restoreState }] = await Promise.all([
        import("../../adapters/backup/age-box.js"),
        import("../../adapters/sqlite/state-backup.js"),
      ]);
      const backup = parseBackup(await openWithPassphrase(await readSealed(file), passphrase));
      const before = await restoreState(stateHome(), backup, Date.now());
      const nodes = backup.state.members.map(({ name }) => name);
      const summary = { clusterId: backup.state.clusterId, madeAt: backup.madeAt, nodes, before: before ?? null };
      await printResult(summary, options.output, () => [
        `cluster ${summary.clusterId} is as it was at ${new Date(backup.madeAt).toISOString()}, with ${nodes.length === 0 ? "no nodes" : nodes.join(", ")}`,
        ...(before === undefined ? [] : [`what was here before is in ${before}`]),
        "Nodes that were removed since then belong to it again: see `exoctl nodes list`. Join tokens are all gone.",
        "API keys that were revoked since then are good again: see `exoctl keys list`.",
      ]);
    },
  );
}

async function readSealed(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Problem("usage", "no_backup", `the backup can't be read: ${why}`, undefined, { cause });
  }
}
