import { X509Certificate } from "node:crypto";
import { spkiPin } from "../cluster/spki-pin.js";
import type { Authority, Caller } from "./authority.js";
import { RefusalError } from "./refusal.js";

/** A key of this agent's one controller. */
export interface TrustedKey {
  /** Its self-signed certificate. */
  readonly certificatePem: string;
}

/** The keys that this agent answers: one, or two while its controller changes from one to the other. */
export interface TrustedKeys {
  current(): readonly TrustedKey[];
  /** Durable when it resolves, and in force: a connection of any other key is not answered any more. */
  keep(keys: readonly TrustedKey[]): Promise<void>;
}

/** The controller's key as it changes. Rejects with `RefusalError` when the answer is no. */
export interface ControllerKey {
  /** @param certificate DER */
  announce(caller: Caller, certificate: Uint8Array): Promise<void>;
  confirm(caller: Caller): Promise<void>;
}

/** A certificate of ours has half a kilobyte. */
const mostCertificateBytes = 4 * 1024;

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return der.length <= mostCertificateBytes ? new X509Certificate(der) : undefined;
  } catch {
    return undefined; // no certificate
  }
}

/** Only what exoctl itself makes: nothing else is worth the risk of what TLS might make of it. */
function readCertificate(der: Uint8Array): X509Certificate {
  const certificate = parse(der);
  const isOurs =
    certificate?.publicKey.asymmetricKeyDetails?.namedCurve === "prime256v1" &&
    certificate.raw.equals(der) &&
    certificate.verify(certificate.publicKey);
  if (certificate === undefined || !isOurs)
    throw new RefusalError("invalid", "certificate: expected one of a P-256 key, signed by itself");
  return certificate;
}

/** Changes the controller's key on the word of the key before it. Whoever holds that one is the controller, as far as anybody knows. */
export function createControllerKey(parts: {
  readonly trusted: TrustedKeys;
  readonly authority: Authority;
}): ControllerKey {
  const { trusted, authority } = parts;
  const keyOf = ({ pin }: Caller): TrustedKey => {
    const key = trusted.current().find(({ certificatePem }) => spkiPin(certificatePem) === pin);
    if (key === undefined) throw new RefusalError("other_controller", "this agent is enrolled with another controller");
    return key;
  };
  return {
    announce: (caller, der) =>
      authority.act("announce-key", caller, async () => {
        const certificate = readCertificate(der);
        const pin = spkiPin(certificate);
        if (pin === caller.pin) return;
        await trusted.keep([keyOf(caller), { certificatePem: certificate.toString() }]);
        authority.letSucceed(caller, pin);
      }),
    confirm: (caller) => authority.act("confirm-key", caller, async () => trusted.keep([keyOf(caller)])),
  };
}
