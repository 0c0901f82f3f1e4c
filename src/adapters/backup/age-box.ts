import { Decrypter, Encrypter } from "age-encryption";
import { Problem } from "../../runtime/problem.js";

/** log2 of scrypt's work: a guess costs about a second and 256 MB; age's own default. */
const usualWorkFactor = 18;

/** Encrypts with a passphrase in age's format: `age --decrypt` opens it too. */
export async function sealWithPassphrase(
  content: string,
  passphrase: string,
  workFactor = usualWorkFactor,
): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(workFactor);
  encrypter.setPassphrase(passphrase);
  return await encrypter.encrypt(content);
}

/** @throws Problem `backup_closed` when the passphrase is wrong or a single bit of the file has changed */
export async function openWithPassphrase(sealed: Uint8Array, passphrase: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(sealed, "text");
  } catch (cause) {
    throw new Problem(
      "failed",
      "backup_closed",
      "the backup does not open: the passphrase is another one, or the file is damaged or no backup",
      "Nothing was changed. Try the passphrase that `exoctl backup` was given.",
      { cause },
    );
  }
}
