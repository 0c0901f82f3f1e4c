import type { ResponsePacket } from "multicast-dns";

type Answer = NonNullable<ResponsePacket["answers"]>[number];

/** What one response says about one instance of our service type. */
export interface InstanceNews {
  /** Name of the instance, without the service type. */
  readonly instance: string;
  readonly fullName: string;
  /** `announced`: the type's PTR names it; `described`: only its own records came; `gone`: the PTR with TTL 0. */
  readonly kind: "announced" | "described" | "gone";
  /** Shortest time to live among PTR and SRV. */
  readonly ttlSec: number;
  /** From SRV. */
  readonly port?: number;
  readonly txt?: readonly Buffer[];
}

interface Draft {
  fullName: string;
  kind: InstanceNews["kind"];
  ttlSec: number;
  port?: number;
  txt?: readonly Buffer[];
}

const isBuffers = (data: unknown): data is readonly Buffer[] => Array.isArray(data) && data.every(Buffer.isBuffer);

/** The instance a record is about, or undefined when it is about something else. */
function subjectOf(record: Answer, serviceName: string): string | undefined {
  if (record.type === "PTR") return record.name.toLowerCase() === serviceName.toLowerCase() ? record.data : undefined;
  return record.type === "SRV" || record.type === "TXT" ? record.name : undefined;
}

function take(draft: Draft, record: Answer): void {
  if (record.type !== "PTR" && record.type !== "SRV" && record.type !== "TXT") return;
  const ttlSec = record.ttl ?? 0;
  if (record.type === "PTR") draft.kind = ttlSec === 0 ? "gone" : "announced";
  if (ttlSec === 0) return;
  if (record.type === "TXT") {
    if (isBuffers(record.data)) draft.txt = record.data;
    return;
  }
  if (record.type === "SRV") draft.port = record.data.port;
  draft.ttlSec = Math.min(draft.ttlSec, ttlSec);
}

/**
 * Collects what a response says, by instance. The instance's name is the record's name less the known suffix: it may contain
 * dots, and splitting at the first one is wrong (macos-nodes reference 1.6, row 6).
 *
 * @param serviceName such as `_exoctl._tcp.local`
 */
export function readResponse(
  packet: Pick<ResponsePacket, "answers" | "additionals">,
  serviceName: string,
): readonly InstanceNews[] {
  const suffix = `.${serviceName}`.toLowerCase();
  const drafts = new Map<string, Draft>();
  for (const record of [...(packet.answers ?? []), ...(packet.additionals ?? [])]) {
    const fullName = subjectOf(record, serviceName);
    if (fullName === undefined || fullName.length === suffix.length) continue;
    const key = fullName.toLowerCase();
    if (!key.endsWith(suffix)) continue;
    const draft = drafts.get(key) ?? { fullName, kind: "described", ttlSec: Number.POSITIVE_INFINITY };
    drafts.set(key, draft);
    take(draft, record);
  }
  return [...drafts.values()].map((draft) => ({ ...draft, instance: draft.fullName.slice(0, -suffix.length) }));
}
