import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { spkiPin } from "../../cluster/spki-pin.js";
import { Problem } from "../../runtime/problem.js";

/** Key and certificate of this controller or agent. `pin` is what others know it by. */
export interface Identity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** base64url SHA-256 of the public key (SPKI). */
  readonly pin: string;
}

/** One file for both parts: it is there whole or not at all. */
export const identityFile = "identity.pem";

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";
const isTaken = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EEXIST";

function identityOf(privateKeyPem: string | undefined, certificatePem: string | undefined): Identity {
  if (certificatePem === undefined || privateKeyPem === undefined) throw new Error("a part is missing");
  if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem)))
    throw new Error("key and certificate do not belong together");
  return { certificatePem, privateKeyPem, pin: spkiPin(certificatePem) };
}

/**
 * The identities in a file: keys and certificates, in the same order. While a controller changes its key there are several.
 *
 * @throws Problem `identity_damaged`
 */
export function parseIdentities(text: string, file: string): readonly [Identity, ...Identity[]] {
  const blocks = text.match(/-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----\n?/g) ?? [];
  const certificates = blocks.filter((block) => block.includes("BEGIN CERTIFICATE"));
  const privateKeys = blocks.filter((block) => block.includes("PRIVATE KEY"));
  try {
    if (privateKeys.length > certificates.length) throw new Error("a part is missing");
    const [first, ...others] = certificates.map((certificate, at) => identityOf(privateKeys[at], certificate));
    if (first === undefined) throw new Error("a part is missing");
    return [first, ...others];
  } catch (cause) {
    throw new Problem(
      "failed",
      "identity_damaged",
      `The identity in ${file} is damaged`,
      "Put the file back from a backup. If there is none, move it away and start again: a new identity is made, and every machine that knew the old one has to enrol again.",
      { cause },
    );
  }
}

async function load(file: string): Promise<Identity | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new Problem(
        "failed",
        "identity_exposed",
        `Other users of this machine can read the private key in ${file}`,
        `Run: chmod 600 "${file}"`,
      );
    }
    return parseIdentities(await readFile(file, "utf8"), file)[0];
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Writes the file unless another process was faster; either way there is exactly one, complete and durable. */
async function createOnce(folder: string, file: string, commonName: string, now: number): Promise<void> {
  // Only the first start of a machine needs the certificate library, which takes long to load.
  const { createCertificate } = await import("./create-certificate.js");
  const { certificatePem, privateKeyPem } = await createCertificate(commonName, now);
  const draft = join(folder, `.${identityFile}.${randomUUID()}`);
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(privateKeyPem + certificatePem);
    await handle.sync();
    // A link, not a rename: it fails where a rename would replace the identity another process has just made.
    await link(draft, file);
  } catch (error) {
    if (!isTaken(error)) throw error;
  } finally {
    await handle.close();
    await unlink(draft);
  }
}

/**
 * Reads the identity kept in a folder, or makes one there at the first start: a P-256 key and a self-signed certificate, in a
 * file that only this user can read. Safe when several processes start at once: all get the same identity.
 *
 * @param folder made with mode 0700 when it is not there
 * @param commonName for people who look at the certificate
 * @throws Problem `identity_damaged` or `identity_exposed`; nothing is changed then.
 */
export async function loadOrCreateIdentity(folder: string, commonName: string): Promise<Identity> {
  const file = join(folder, identityFile);
  const existing = await load(file);
  if (existing !== undefined) return existing;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await createOnce(folder, file, commonName, Date.now());
  const made = await load(file);
  if (made === undefined) throw new Error(`${file} disappeared while it was being made`);
  return made;
}
