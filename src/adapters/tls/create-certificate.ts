// @peculiar/x509 uses decorators' metadata and needs this first.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const validYears = 20;
/** Clocks of machines that enrol each other differ. */
const backdateMs = 24 * 3_600_000;

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

const toPem = (label: string, der: ArrayBuffer): string => {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
};

/**
 * Makes a P-256 key and a certificate signed by itself, valid for 20 years, usable as TLS server, TLS client, and as the one
 * authority that a peer which knows it trusts. What counts is the key; the name in it is for people who look at it.
 *
 * @param now milliseconds since the Unix epoch
 */
export async function createCertificate(
  commonName: string,
  now: number,
): Promise<{ readonly certificatePem: string; readonly privateKeyPem: string }> {
  const crypto = webcrypto;
  const keys = await crypto.subtle.generateKey(ecdsa, true, ["sign", "verify"]);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + validYears);
  const serial = Buffer.from(crypto.getRandomValues(new Uint8Array(16)));
  // A positive number without leading zero, as DER wants it.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial.toString("hex"),
      name: [{ CN: [commonName] }],
      notBefore: new Date(now - backdateMs),
      notAfter,
      signingAlgorithm: ecdsa,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  return {
    certificatePem: `${certificate.toString("pem").trim()}\n`,
    privateKeyPem: toPem("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", keys.privateKey)),
  };
}
