import { createCertificate } from "../../src/adapters/tls/create-certificate.js";
import { spkiPin } from "../../src/cluster/spki-pin.js";

export interface TestIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly pin: string;
}

export async function anIdentity(commonName: string): Promise<TestIdentity> {
  const made = await createCertificate(commonName, Date.now());
  return { ...made, pin: spkiPin(made.certificatePem) };
}
