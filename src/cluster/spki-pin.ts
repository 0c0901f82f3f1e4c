import { createHash, X509Certificate } from "node:crypto";

/** An identity on the network: base64url SHA-256 of a public key in its DER form (SPKI), 43 characters. */
export const pinPattern = /^[A-Za-z0-9_-]{43}$/;

/** The public key of a certificate, DER encoded as SPKI. @throws Error when the text is not a PEM certificate. */
export function spkiOf(certificate: X509Certificate | string): Buffer {
  const parsed = typeof certificate === "string" ? new X509Certificate(certificate) : certificate;
  return parsed.publicKey.export({ type: "spki", format: "der" });
}

/** The pin of a public key. */
export const pinOfSpki = (spki: Uint8Array): string => createHash("sha256").update(spki).digest("base64url");

/** The pin of a certificate's public key. @throws Error when the text is not a PEM certificate. */
export const spkiPin = (certificate: X509Certificate | string): string => pinOfSpki(spkiOf(certificate));
