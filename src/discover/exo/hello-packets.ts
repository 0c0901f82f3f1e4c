/**
 * The packets by which exo after 1.0.71 finds its peers (exo source, b5375f8c): UDP over IPv6, to a link-local group. Anything
 * of another size, magic or kind is not one of them.
 */
export type HelloPacket =
  /** "I am here", once a second on every interface. Names nobody: only the namespace is in it. */
  | { readonly kind: "hello"; readonly nonce: string; readonly namespaceHash: string }
  /** The answer to a hello of the same namespace. */
  | { readonly kind: "whats-up"; readonly nonce: string; readonly nodeId: string; readonly zenohPort: number };

const magic = Buffer.from("EXO");
const helloKind = 0;
const whatsUpKind = 1;
const helloBytes = 20;
const whatsUpBytes = 30;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/**
 * Writes the hello that asks exos of one namespace to say who they are. They answer its sender and do nothing else.
 *
 * @param nonce 16 hex digits, which come back in the answer
 * @param namespaceHash 16 hex digits
 */
export function writeHello(nonce: string, namespaceHash: string): Uint8Array {
  return Buffer.concat([magic, Buffer.of(helloKind), Buffer.from(nonce, "hex"), Buffer.from(namespaceHash, "hex")]);
}

/** Zenoh's id: little-endian on the wire, printed as one number in hex, so without leading zeros. */
const zenohId = (littleEndian: Uint8Array): string => hex(littleEndian.toReversed()).replace(/^0+/, "");

/** Reads a datagram; undefined when it is not one of exo's. An answer without id or port is none either. */
export function readHelloPacket(datagram: Uint8Array): HelloPacket | undefined {
  if (datagram.length < helloBytes || !magic.equals(datagram.subarray(0, 3))) return undefined;
  const nonce = hex(datagram.subarray(4, 12));
  if (datagram[3] === helloKind && datagram.length === helloBytes)
    return { kind: "hello", nonce, namespaceHash: hex(datagram.subarray(12, 20)) };
  if (datagram[3] !== whatsUpKind || datagram.length !== whatsUpBytes) return undefined;
  const nodeId = zenohId(datagram.subarray(12, 28));
  const zenohPort = (datagram[28] ?? 0) + 256 * (datagram[29] ?? 0);
  return nodeId === "" || zenohPort === 0 ? undefined : { kind: "whats-up", nonce, nodeId, zenohPort };
}
