import { connect } from "node:tls";
import { spkiPin } from "../../cluster/spki-pin.js";
import { AgentUnreachableError } from "../../inventory/agent-link.js";

const probeMs = 2_000;

interface PinProbe {
  readonly host: string;
  readonly port: number;
  /** The enrolled one. */
  readonly pin: string;
  readonly signal: AbortSignal;
}

/** The pin of whoever answers TLS at an address; undefined when nobody does. Nothing is sent and nothing is proven by this. */
function pinAt({ host, port, signal }: PinProbe): Promise<string | undefined> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(probeMs)]);
  return new Promise((resolve) => {
    const socket = connect({ host, port, ALPNProtocols: ["h2"], minVersion: "TLSv1.3", rejectUnauthorized: false });
    const finish = (pin: string | undefined): void => {
      bounded.removeEventListener("abort", giveUp);
      socket.destroy();
      resolve(pin);
    };
    const giveUp = (): void => finish(undefined);
    bounded.addEventListener("abort", giveUp, { once: true });
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      finish(certificate === undefined ? undefined : spkiPin(certificate));
    });
    socket.on("error", giveUp);
    socket.once("close", giveUp);
  });
}

/**
 * Tells, after a connection has failed, whether somebody with another key answers there: gRPC reports both a dead host and a
 * wrong key as "unavailable".
 *
 * @returns the error to report; undefined when there is no sign of another key
 */
export async function findPinMismatch(probe: PinProbe): Promise<AgentUnreachableError | undefined> {
  const seen = await pinAt(probe);
  if (seen === undefined || seen === probe.pin) return undefined;
  const address = `${probe.host}:${probe.port}`;
  return new AgentUnreachableError(
    "agent_pin_mismatch",
    `what answers at ${address} does not have the enrolled agent's key`,
  );
}
