import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Label and length for TLS `exportKeyingMaterial` (RFC 8446 7.5): both ends of one channel, and nobody else, get these bytes. */
export const channelBindingLabel = "EXPORTER-exoctl-enrolment-v1";
export const channelBindingBytes = 32;

/** What a proof of enrolment vouches for. */
export interface EnrolmentChannel {
  /** Keying material exported from the TLS channel. */
  readonly channelBinding: Uint8Array;
  /** DER SPKI of the agent's and of the controller's key, as each side saw them in the handshake. */
  readonly agentSpki: Uint8Array;
  readonly controllerSpki: Uint8Array;
  readonly agentId: string;
}

/**
 * The key of the proofs, derived from a join token's secret. The controller stores this and not the secret: the text of a
 * token can't be put together again from its state. While a token is unused this key is as good as its secret to somebody
 * who reads the state; what protects against that is the single use and the short life of tokens.
 */
export function enrolmentKey(secret: Uint8Array): Buffer {
  return createHash("sha256").update("exoctl join token v1\0").update(secret).digest();
}

/** Each field preceded by its length in four bytes, so that no two different lists have the same bytes. */
function lengthPrefixed(fields: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(field.length);
      return [length, field];
    }),
  );
}

/**
 * Proves knowledge of a join token on exactly this channel: HMAC-SHA256 over the side's name, the channel binding, both public
 * keys and the agent's id (macos-nodes reference 1.9, steps 3 and 4). 32 bytes.
 */
export function enrolmentProof(key: Uint8Array, side: "agent" | "controller", channel: EnrolmentChannel): Buffer {
  const fields = [
    Buffer.from(side),
    channel.channelBinding,
    channel.agentSpki,
    channel.controllerSpki,
    Buffer.from(channel.agentId),
  ];
  return createHmac("sha256", key).update(lengthPrefixed(fields)).digest();
}

/** Compares two proofs in constant time; proofs of different length differ. */
export function sameProof(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
