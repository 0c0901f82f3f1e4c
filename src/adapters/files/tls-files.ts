import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { checkMaterial, type TlsFiles } from "../../gateway/tls/check-material.js";
import { secureContextOf, type TlsMaterial } from "../../gateway/tls/tls-material.js";
import { Problem } from "../../runtime/problem.js";

/** Far above any chain of certificates. */
const largestBytes = 1024 * 1024;

const refusal = (code: string, message: string, hint: string, cause?: unknown): Problem =>
  new Problem("usage", code, message, hint, cause === undefined ? undefined : { cause });

/**
 * Reads the certificate and key of a listener, and checks that they are good for a server.
 *
 * @param now milliseconds since the Unix epoch
 * @param section of the cluster file that names them, for the words of a problem
 * @throws Problem `tls_file_missing`, `tls_file_unreadable`, `tls_key_exposed`, `tls_unusable`, or one of `checkMaterial`
 */
export async function readTlsFiles(
  files: TlsFiles,
  now: number,
  section: "gateway" | "admin" = "gateway",
): Promise<TlsMaterial> {
  const setting = (name: keyof TlsFiles): Setting => `${section}.tls.${name}`;
  await refuseExposedKey(files.key, setting("key"));
  const [certificatePem, privateKeyPem, clientCaPem] = await Promise.all([
    readPem(files.certificate, setting("certificate")),
    readPem(files.key, setting("key")),
    files.clientCa === undefined ? undefined : readPem(files.clientCa, setting("clientCa")),
  ]);
  const material: TlsMaterial = {
    ...{ certificatePem, privateKeyPem },
    ...(clientCaPem === undefined ? {} : { clientCaPem }),
  };
  checkMaterial(material, files, now);
  try {
    createSecureContext(secureContextOf(material));
  } catch (cause) {
    const why = cause instanceof Error && "reason" in cause ? `: ${String(cause.reason)}` : "";
    throw refusal(
      "tls_unusable",
      `The certificate in ${files.certificate} can't be used for TLS${why}`,
      "Keys have to have at least 2048 bits of RSA or be of an elliptic curve such as P-256.",
      cause,
    );
  }
  return material;
}

/** As in `gateway.tls.key`. */
type Setting = `${"gateway" | "admin"}.tls.${keyof TlsFiles}`;

async function readPem(file: string, setting: Setting): Promise<string> {
  try {
    const { size } = await plainFile(file, setting);
    if (size > largestBytes) throw new Error("it is too large");
    return await readFile(file, "utf8");
  } catch (error) {
    throw asProblem(error, file, setting);
  }
}

async function plainFile(file: string, setting: Setting) {
  const facts = await stat(file);
  if (facts.isFile()) return facts;
  throw refusal("tls_file_unreadable", `${file} is not a file`, `Look at ${setting} in cluster.yaml.`);
}

/** Whoever can read the key can pass for this listener. A group may be trusted with it, as Debian's ssl-cert is. */
async function refuseExposedKey(file: string, setting: Setting): Promise<void> {
  const facts = await plainFile(file, setting).catch((error: unknown) => {
    throw asProblem(error, file, setting);
  });
  if ((facts.mode & 0o007) === 0) return;
  throw refusal(
    "tls_key_exposed",
    `Every user of this machine can get at the private key in ${file}`,
    `Run: chmod o= "${file}"`,
  );
}

function asProblem(error: unknown, file: string, setting: Setting): Problem {
  if (error instanceof Problem) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR")
    return refusal("tls_file_missing", `There is no file ${file}`, `Look at ${setting} in cluster.yaml.`, error);
  const why = error instanceof Error ? error.message : String(error);
  return refusal(
    "tls_file_unreadable",
    `${file} can't be read: ${why}`,
    `The user that runs exoctl must be able to read it: see ${setting} in cluster.yaml.`,
    error,
  );
}
