// @peculiar/x509 uses decorators' metadata and needs this first.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its key in PEM. */
export interface TestCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface TestCertificateOptions {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly notBefore?: number;
  readonly notAfter?: number;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;
let serial = 0;

/** A certificate signed by itself, which is also its own authority. */
export async function makeCertificate(options: TestCertificateOptions): Promise<TestCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  serial += 1;
  const names = (options.dnsNames ?? []).map((value) => ({ type: "dns" as const, value }));
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: (0x10 + serial).toString(16),
      name: [{ CN: [options.commonName] }],
      notBefore: new Date(options.notBefore ?? Date.now() - dayMs),
      notAfter: new Date(options.notAfter ?? Date.now() + 90 * dayMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
      ],
    },
    webcrypto,
  );
  return {
    certificatePem: `${certificate.toString("pem").trim()}\n`,
    privateKeyPem: PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
  };
}
