import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { OwnKeys } from "../../controller/nodes/own-keys.js";
import { type Identity, identityFile, loadOrCreateIdentity, parseIdentities } from "./identity.js";

/** The keys of a controller, as TLS needs them. */
export interface StoredKeys extends OwnKeys {
  current(): Identity;
  older(): readonly Identity[];
}

/** Another name for every key: of two certificates with one name TLS libraries would try only one. */
const nameOfNew = (commonName: string): string => `${commonName}, since ${new Date().toISOString()}`;

/**
 * Opens the keys in a folder; the first one is made there where there is none. All of them are in the one file of the identity, the
 * current one first: at each moment it holds either the keys before a change or those after it.
 *
 * @throws Problem as `loadOrCreateIdentity`
 */
export async function openOwnKeys(folder: string, commonName: string): Promise<StoredKeys> {
  await loadOrCreateIdentity(folder, commonName);
  const file = join(folder, identityFile);
  let [current, ...older] = parseIdentities(await readFile(file, "utf8"), file);
  const write = async (identities: readonly Identity[]): Promise<void> => {
    const text = identities.map(({ privateKeyPem, certificatePem }) => privateKeyPem + certificatePem).join("");
    await writeFileAtomic(file, text, { mode: 0o600 });
    // The name as well: a key that others are told of must not be lost with the power.
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  };
  return {
    current: () => current,
    older: () => older,
    renew: async () => {
      // Loads slowly, and few ever need it.
      const { createIdentity } = await import("./create-identity.js");
      const next = await createIdentity(nameOfNew(commonName));
      await write([next, current, ...older]);
      [current, older] = [next, [current, ...older]];
    },
    dropOlder: async () => {
      await write([current]);
      older = [];
    },
  };
}
