import { X509Certificate } from "node:crypto";
import { anIdentity } from "../../support/agent-identities.js";
import { type Attack, nothingToAsk } from "./attack.js";

const refused = (what: string, certificate: Uint8Array): Attack => ({
  what,
  request: { certificate },
  ends: "refused",
});

const { certificatePem, privateKeyPem } = await anIdentity("thief");
const der = new X509Certificate(certificatePem).raw;
const forged = Buffer.from(der);
forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;

/**
 * Calls about whose key is answered. Whoever holds the controller's key can put another one in its place: that key is what the
 * controller is to an agent. The machine's own admin takes the agent back, by forgetting the controller or joining anew.
 */
export const attacksOnTrust: Readonly<Record<string, readonly Attack[]>> = {
  "ControllerKey/AnnounceKey": [
    refused("nothing", Buffer.alloc(0)),
    refused("text", Buffer.from("../../identity.pem")),
    refused("a certificate as text", Buffer.from(certificatePem)),
    refused("a private key", Buffer.from(privateKeyPem)),
    refused("a certificate that its key has not signed", forged),
    refused("a certificate with something behind it", Buffer.concat([der, Buffer.from("x")])),
    refused("half a certificate", der.subarray(0, der.length / 2)),
    refused("half a megabyte", Buffer.alloc(500_000, 0x30)),
    { what: "a key of the thief's own", request: { certificate: der }, ends: "harmless" },
  ],
  "ControllerKey/ConfirmKey": nothingToAsk,
};
