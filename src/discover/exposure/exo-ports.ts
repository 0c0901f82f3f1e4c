/** A port on which exo answers whoever asks: it has no authentication anywhere (exo source, 1.0.71 and b5375f8c). */
export interface ExoPort {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** What it is, for people. */
  readonly use: string;
}

/** The ports of exo 1.x that are the same on every machine. Those between its ranks are drawn at random for each instance. */
export const exoPorts: readonly ExoPort[] = [
  { port: 52_415, protocol: "tcp", use: "exo's API" },
  { port: 52_414, protocol: "tcp", use: "exo's data between nodes (zenoh)" },
  { port: 52_413, protocol: "udp", use: "exo's discovery" },
];
