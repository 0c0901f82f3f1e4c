import { chipConstants, usualWorkingSetBytes } from "../cluster/chips.js";
import { cableCosts, chipProfiles } from "./chip-profiles.js";
import type { CableKind, MacInterface, MacLink, MacProfile } from "./mac-profile.js";

interface MacEntry {
  readonly name: string;
  readonly chip: string;
  readonly memoryGb: number;
  readonly metal: "present" | "missing";
}

/** Machines, cables between pairs, and the network that all of them share. */
export interface WiringPlan {
  readonly macs: readonly MacEntry[];
  readonly cables: readonly { readonly between: readonly [string, string]; readonly kind: CableKind }[];
  readonly network: "ethernet-10g" | "ethernet-1g" | "wifi" | "none";
}

const gib = 2 ** 30;
const terabyte = 1e12;
/** macOS and what else runs, by share of memory: about 5 GiB of 64. */
const systemShare = 0.08;

/** The first Mac is 10.77.0.11. */
const networkAddress = (at: number): string => `10.77.${Math.floor((at + 11) / 250)}.${(at + 11) % 250}`;

/** One end of a cable: the port of this Mac and the addresses of both ends. */
interface CableEnd {
  readonly here: string;
  readonly to: string;
  readonly kind: CableKind;
  readonly port: string;
  readonly farPort: string;
  readonly ip: string;
  readonly farIp: string;
}

/** Gives every cable its ports (en3 and up: a Studio's en2 is known to make trouble) and its link-local addresses. */
function layCables(plan: WiringPlan): readonly CableEnd[] {
  const used = new Map<string, number>();
  const nextPort = (name: string): string => {
    const port = used.get(name) ?? 3;
    used.set(name, port + 1);
    return `en${port}`;
  };
  return plan.cables.flatMap(({ between: [left, right], kind }, at): CableEnd[] => {
    const [leftPort, rightPort] = [nextPort(left), nextPort(right)];
    const [leftIp, rightIp] = [`169.254.${10 + at}.1`, `169.254.${10 + at}.2`];
    return [
      { here: left, to: right, kind, port: leftPort, farPort: rightPort, ip: leftIp, farIp: rightIp },
      { here: right, to: left, kind, port: rightPort, farPort: leftPort, ip: rightIp, farIp: leftIp },
    ];
  });
}

function linksOf(name: string, plan: WiringPlan, cables: readonly CableEnd[]): readonly MacLink[] {
  const overNetwork = plan.macs.flatMap((other, at): MacLink[] =>
    other.name === name || plan.network === "none"
      ? []
      : [{ to: other.name, kind: plan.network, ip: networkAddress(at), ...cableCosts[plan.network] }],
  );
  const overCables = cables
    .filter(({ here }) => here === name)
    .flatMap(({ to, kind, port, farPort, farIp }): MacLink[] => {
      // A cable that carries RDMA carries IP as well.
      const ipKind = kind === "rdma" ? "thunderbolt" : kind;
      const plain: MacLink = { to, kind: ipKind, ip: farIp, ...cableCosts[ipKind] };
      if (kind !== "rdma") return [plain];
      const rdma = { here: `rdma_${port}`, there: `rdma_${farPort}` };
      return [plain, { to, kind, ip: farIp, ...cableCosts.rdma, rdma }];
    });
  return [...overNetwork, ...overCables];
}

function interfacesOf(
  name: string,
  at: number,
  plan: WiringPlan,
  cables: readonly CableEnd[],
): readonly MacInterface[] {
  const network: MacInterface = { name: "en0", ip: networkAddress(at), type: "ethernet" };
  const wireless: MacInterface = { name: "en1", ip: networkAddress(at), type: "wifi" };
  return [
    { name: "lo0", ip: "127.0.0.1", type: "unknown" },
    ...(plan.network === "none" ? [] : [plan.network === "wifi" ? wireless : network]),
    ...cables
      .filter(({ here }) => here === name)
      .map(({ port, ip }): MacInterface => ({ name: port, ip, type: "maybe_ethernet" })),
  ];
}

/** Turns a list of machines and cables into complete profiles, with addresses that only the simulation knows. */
export function buildMacProfiles(plan: WiringPlan): readonly MacProfile[] {
  const cables = layCables(plan);
  return plan.macs.map((mac, at): MacProfile => {
    const memoryBytes = mac.memoryGb * gib;
    const chip = chipProfiles.find((known) => known.chip === mac.chip);
    const speed = chipConstants(mac.chip, memoryBytes);
    return {
      name: mac.name,
      chip: mac.chip,
      modelIdentifier: chip?.modelIdentifier ?? "Mac0,0",
      modelName: chip?.modelName ?? "Mac",
      memoryBytes,
      gpuCores: chip?.gpuCores ?? 0,
      workingSetBytes: usualWorkingSetBytes(memoryBytes),
      systemBytes: Math.round(memoryBytes * systemShare),
      effBytesPerSec: speed.effBytesPerSec,
      overheadSecPerLayer: speed.overheadSecPerLayer,
      prefillFlops: speed.prefillFlopsPerSec,
      diskBytesPerSec: 5e9,
      downloadBytesPerSec: 100e6,
      diskTotalBytes: 2 * terabyte,
      diskFreeBytes: 0.9 * terabyte,
      osVersion: "26.4.1",
      osBuild: "25E253",
      metalInfo: mac.metal,
      interfaces: interfacesOf(mac.name, at, plan, cables),
      links: linksOf(mac.name, plan, cables),
    };
  });
}
