import { X509Certificate } from "node:crypto";
import type { TlsOptions } from "node:tls";

/** What a TLS server is opened with, in PEM. */
export interface TlsMaterial {
  /** The server's certificate first, then those that lead to an authority that clients know. */
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Authorities of client certificates. Where there are any, nobody gets in without a certificate of theirs. */
  readonly clientCaPem?: string;
}

/**
 * Clients of a gateway are not ours, so TLS 1.2 is still taken where a client knows no 1.3. Stated here because the processes of
 * exoctl allow nothing below 1.3 between each other.
 */
const versions = { minVersion: "TLSv1.2", maxVersion: "TLSv1.3" } as const;

/** The part that can be replaced while connections are open. */
export const secureContextOf = ({ certificatePem, privateKeyPem, clientCaPem }: TlsMaterial): TlsOptions => ({
  ...versions,
  cert: certificatePem,
  key: privateKeyPem,
  ...(clientCaPem === undefined ? {} : { ca: clientCaPem }),
});

/** DNS names that the certificate is for, in lower case. */
export function certificateNames({ certificatePem }: TlsMaterial): readonly string[] {
  const alternatives = new X509Certificate(certificatePem).subjectAltName ?? "";
  return alternatives
    .split(", ")
    .filter((name) => name.startsWith("DNS:"))
    .map((name) => name.slice("DNS:".length).toLowerCase());
}
