import { parseDuration } from "../config/parse-duration.js";
import { Problem } from "../runtime/problem.js";

/** UDP port of exo 0.0.x unless told otherwise. */
const classicUdpPort = 5_678;
const longestListenMs = 600_000;
const longestNamespaceBytes = 200;

/** Reads `--for`, at most ten minutes. Throws `Problem` (usage). */
export function readListenMs(text: string): number {
  const listenMs = parseDuration(text);
  if (listenMs <= longestListenMs) return listenMs;
  throw new Problem("usage", "bad_duration", `--for ${text} is longer than 10 minutes`, "Such as 5s.");
}

/** Reads `--namespace`, which may be given several times. Throws `Problem` (usage). */
export function readNamespaces(texts: readonly string[]): readonly string[] {
  for (const text of texts)
    if (text === "" || Buffer.byteLength(text) > longestNamespaceBytes)
      throw new Problem(
        "usage",
        "bad_namespace",
        `--namespace takes 1 to ${longestNamespaceBytes} bytes`,
        "Write the name exactly as exo is started with it.",
      );
  return texts;
}

/** Reads `--udp-port`: ports with commas between them. Throws `Problem` (usage). */
export function readUdpPorts(text: string | undefined): readonly number[] {
  const ports = (text?.split(",") ?? [String(classicUdpPort)]).map((part) => part.trim());
  if (ports.every((part) => /^\d{1,5}$/.test(part) && Number(part) >= 1 && Number(part) <= 65_535))
    return ports.map(Number);
  throw new Problem(
    "usage",
    "bad_udp_port",
    `--udp-port ${text} is not a list of ports`,
    `Write what exo 0.0.x has as --broadcast-port, such as ${classicUdpPort}.`,
  );
}
