import type { ExoPeer } from "./exo-state.js";
import type { LinkKind } from "./inventory.js";

/**
 * What kind of wire leads to `ip` of the node `to`. exo's own interface types are taken where they say something; it calls
 * every port but the first two `maybe_ethernet`, Thunderbolt included, and there a self-assigned address gives it away.
 * exo does not know link speeds: Ethernet between two Mac Studios counts as their built-in 10 Gb/s.
 */
export function classifyLink(ip: string, from: ExoPeer | undefined, to: ExoPeer | undefined): LinkKind {
  const type = to?.interfaces.find((item) => item.ip === ip)?.type ?? "unknown";
  if (isCarrierGradeNat(ip)) return "unknown";
  if (type === "thunderbolt") return "thunderbolt";
  if (type === "wifi") return "wifi";
  if (type === "ethernet") return isStudio(from) && isStudio(to) ? "ethernet-10g" : "ethernet-1g";
  if (ip.startsWith("169.254.")) return "thunderbolt";
  return type === "maybe_ethernet" ? "ethernet-1g" : "unknown";
}

const isStudio = (peer: ExoPeer | undefined): boolean => peer?.modelName === "Mac Studio";

/** 100.64.0.0/10: overlay networks such as Tailscale, whose path and speed are anyone's guess. */
function isCarrierGradeNat(ip: string): boolean {
  const [first, second] = ip.split(".").map(Number);
  return first === 100 && second !== undefined && second >= 64 && second <= 127;
}
