/**
 * Whom to count an attempt for: an IPv4 address, or the 64-bit network of an IPv6 address, since whoever has one has all of
 * that network's.
 *
 * @param address as a socket tells it
 */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const groups = (part: string): readonly string[] => (part === "" ? [] : part.split(":"));
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: Math.max(0, 8 - groups(head).length - right.length) }, () => "0");
  return `${[...groups(head), ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}
