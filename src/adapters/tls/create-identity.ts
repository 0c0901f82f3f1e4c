import { spkiPin } from "../../cluster/spki-pin.js";
import { createCertificate } from "./create-certificate.js";
import type { Identity } from "./identity.js";

/** Makes a key and its certificate, in memory alone. @param commonName for people who look at the certificate */
export async function createIdentity(commonName: string): Promise<Identity> {
  const made = await createCertificate(commonName, Date.now());
  return { ...made, pin: spkiPin(made.certificatePem) };
}
