import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { Problem } from "../../runtime/problem.js";
import type { TlsMaterial } from "./tls-material.js";

/** The files that a gateway's certificate is in. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Authorities of client certificates. */
  readonly clientCa?: string;
}

const dayMs = 86_400_000;
/** Authorities that renew by themselves do so a month before; what is not renewed a week later will not be. */
const warnMs = 21 * dayMs;

const problem = (code: string, message: string, hint: string, cause?: unknown): Problem =>
  new Problem("usage", code, message, hint, cause === undefined ? undefined : { cause });

/**
 * Whether a server can be opened with this.
 *
 * @param files where it came from, for the words of a problem
 * @param now milliseconds since the Unix epoch
 * @throws Problem `tls_not_a_certificate`, `tls_not_a_key`, `tls_key_mismatch`, `tls_expired` or `tls_not_yet_valid`
 */
export function checkMaterial(material: TlsMaterial, files: TlsFiles, now: number): void {
  const certificate = readCertificate(material.certificatePem, files.certificate);
  const key = readKey(material.privateKeyPem, files.key);
  if (material.clientCaPem !== undefined && files.clientCa !== undefined)
    readCertificate(material.clientCaPem, files.clientCa);
  if (!certificate.checkPrivateKey(key))
    throw problem(
      "tls_key_mismatch",
      `The key in ${files.key} is not the one of the certificate in ${files.certificate}`,
      "Name the two files that were made together; in a chain the server's own certificate comes first.",
    );
  const { validFrom, validTo } = certificate;
  if (now >= Date.parse(validTo))
    throw problem(
      "tls_expired",
      `The certificate in ${files.certificate} expired on ${dayText(validTo)}`,
      "Renew it, put the new one in its place, and start again.",
    );
  if (now < Date.parse(validFrom))
    throw problem(
      "tls_not_yet_valid",
      `The certificate in ${files.certificate} is valid from ${dayText(validFrom)} on`,
      "Look at this machine's clock, or wait.",
    );
}

/** Whole days until the certificate expires, when it is time to say so. */
export function daysToWarn({ certificatePem }: TlsMaterial, now: number): number | undefined {
  const leftMs = Date.parse(new X509Certificate(certificatePem).validTo) - now;
  return leftMs <= warnMs ? Math.max(0, Math.floor(leftMs / dayMs)) : undefined;
}

const dayText = (date: string): string => new Date(date).toISOString().slice(0, 10);

function readCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw problem(
      "tls_not_a_certificate",
      `${file} holds no certificate in PEM`,
      "It has to begin with -----BEGIN CERTIFICATE-----; openssl x509 converts other forms.",
      cause,
    );
  }
}

/** What OpenSSL says of a key is not passed on: it may quote the file. */
function readKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    const locked = /ENCRYPTED/.test(pem);
    throw problem(
      "tls_not_a_key",
      locked ? `The key in ${file} is locked with a passphrase` : `${file} holds no private key in PEM`,
      locked
        ? "Store it without one, in a file that only the user of exoctl can read: openssl pkey -in FILE -out NEW"
        : "It has to begin with -----BEGIN PRIVATE KEY----- or the like.",
    );
  }
}
