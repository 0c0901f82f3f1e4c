/** A TXT value: bytes after the first `=`, empty for `k=`, or `true` for a key without `=` (RFC 6763 6.4). */
export type TxtValue = Uint8Array | true;

/** What an agent claims about itself in TXT. Claims that are not well-formed are left out. */
export interface AgentTxt {
  readonly agentId?: string;
  readonly fingerprint?: string;
  readonly protocolVersion?: number;
}

/** RFC 6763 6.2: above 1300 bytes a TXT record can't be expected to work; a string has at most 255 bytes by its format. */
const maxTxtBytes = 1300;
const maxStringBytes = 255;
const maxStrings = 32;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const fingerprintPattern = /^[A-Za-z0-9_-]{43}$/;
const versionPattern = /^[1-9][0-9]{0,4}$/;

const equalsSign = 0x3d;

/** RFC 6763 6.4: keys are printable ASCII without `=`. Upper and lower case are the same key. */
function readKey(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0 || bytes.some((byte) => byte < 0x20 || byte > 0x7e)) return undefined;
  return String.fromCharCode(...bytes).toLowerCase();
}

/**
 * Reads the raw strings of a TXT record as RFC 6763 6.4 says: keys in lower case, the first occurrence wins, strings without
 * a key are skipped. Reading stops at the limits above, so a hostile record costs little. Any key is legal, `__proto__` too.
 */
export function parseTxt(strings: readonly Uint8Array[]): ReadonlyMap<string, TxtValue> {
  const entries = new Map<string, TxtValue>();
  let bytesLeft = maxTxtBytes;
  for (const text of strings.slice(0, maxStrings)) {
    bytesLeft -= text.length + 1;
    if (bytesLeft < 0) break;
    if (text.length > maxStringBytes) continue;
    const split = text.indexOf(equalsSign);
    const key = readKey(split < 0 ? text : text.subarray(0, split));
    if (key === undefined || entries.has(key)) continue;
    entries.set(key, split < 0 ? true : text.subarray(split + 1));
  }
  return entries;
}

function matching(value: TxtValue | undefined, pattern: RegExp): string | undefined {
  if (value === undefined || value === true) return undefined;
  const text = new TextDecoder().decode(value);
  return pattern.test(text) ? text : undefined;
}

/** The claims of design 5.6 (`id`, `fp`, `pv`) out of a raw TXT record. */
export function readAgentTxt(strings: readonly Uint8Array[]): AgentTxt {
  const entries = parseTxt(strings);
  const id = matching(entries.get("id"), uuidPattern);
  const fingerprint = matching(entries.get("fp"), fingerprintPattern);
  const version = matching(entries.get("pv"), versionPattern);
  return {
    ...(id === undefined ? {} : { agentId: id.toLowerCase() }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(version === undefined ? {} : { protocolVersion: Number(version) }),
  };
}
