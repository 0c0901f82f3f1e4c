import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import {
  channelBindingBytes,
  channelBindingLabel,
  enrolmentKey,
  enrolmentProof,
  sameProof,
} from "../../cluster/enrolment-proof.js";
import { pinOfSpki, spkiOf } from "../../cluster/spki-pin.js";
import type { JoinToken } from "../../controller/join-token.js";
import { Problem } from "../../runtime/problem.js";
import { refusalProblem } from "./enrolment-refusal.js";
import { answerSchema, formatMessage, parseMessage, readLine } from "./enrolment-wire.js";
import type { Identity } from "./identity.js";

/** Connecting, handshake and answer together. */
const defaultDeadlineMs = 10_000;

export interface EnrolOptions {
  readonly host: string;
  readonly port: number;
  readonly token: JoinToken;
  readonly identity: Identity;
  /** The agent's UUID. */
  readonly agentId: string;
  /** What this machine is called. */
  readonly name: string;
  /** TCP port of the agent's service; the controller dials it at the address that this connection comes from. */
  readonly servicePort: number;
  readonly signal: AbortSignal;
  readonly deadlineMs?: number;
}

/** What an agent keeps of its enrolment: from now on it answers this controller and nobody else. */
export interface Enrolment {
  readonly controllerPin: string;
  readonly controllerCertificatePem: string;
  readonly clusterId: string;
  /** The name the controller gave this node. */
  readonly name: string;
  /** `waiting`: somebody has to approve it on the controller first. */
  readonly standing: "member" | "waiting";
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const unreachable = (options: EnrolOptions, cause: unknown): Problem =>
  new Problem(
    "unreachable",
    "controller_unreachable",
    `The controller at ${options.host}:${options.port} can't be reached (${messageOf(cause)})`,
    "Check that `exoctl up` runs there, and that host and port are those of the join command.",
    { cause },
  );

async function connectTo(options: EnrolOptions, signal: AbortSignal): Promise<TLSSocket> {
  const socket = connect({
    host: options.host,
    port: options.port,
    key: options.identity.privateKeyPem,
    cert: options.identity.certificatePem,
    minVersion: "TLSv1.3",
    // Only the pin is known at this point. It is compared below, by hand: `checkServerIdentity` is never called here.
    rejectUnauthorized: false,
    servername: "",
  });
  try {
    await once(socket, "secureConnect", { signal });
    // From here on whoever reads or writes sees the error; without a listener it would end the process.
    socket.on("error", () => {});
    return socket;
  } catch (cause) {
    socket.on("error", () => {});
    socket.destroy();
    options.signal.throwIfAborted();
    throw unreachable(options, signal.aborted ? new Error("no answer in time") : cause);
  }
}

/** Sends the proof and checks the controller's. The caller has compared the pin. */
async function exchange(
  socket: TLSSocket,
  controllerSpki: Buffer,
  options: EnrolOptions,
  signal: AbortSignal,
): Promise<Pick<Enrolment, "clusterId" | "name" | "standing">> {
  const key = enrolmentKey(options.token.secret);
  const channel = {
    channelBinding: socket.exportKeyingMaterial(channelBindingBytes, channelBindingLabel, Buffer.alloc(0)),
    agentSpki: spkiOf(options.identity.certificatePem),
    controllerSpki,
    agentId: options.agentId.toLowerCase(),
  };
  socket.write(
    formatMessage({
      version: 1,
      token: options.token.id,
      agentId: channel.agentId,
      name: options.name,
      servicePort: options.servicePort,
      proof: enrolmentProof(key, "agent", channel).toString("base64url"),
    }),
  );
  const answer = parseMessage(await readLine(socket, signal), answerSchema);
  if (answer.kind === "refused") throw refusalProblem(answer.code);
  if (!sameProof(enrolmentProof(key, "controller", channel), Buffer.from(answer.proof, "base64url"))) {
    throw new Problem(
      "failed",
      "controller_proof_wrong",
      "The controller did not prove that it made this token",
      "Somebody may be pretending to be the controller. Make a new token on the controller's own machine and compare.",
    );
  }
  return { clusterId: answer.clusterId, name: answer.name, standing: answer.standing };
}

/**
 * Enrols this agent: connects by TLS 1.3, compares the controller's key with the pin in the token before anything is written,
 * proves to hold the token on exactly this channel, and checks the controller's proof of the same.
 *
 * @throws Problem `controller_pin_mismatch`, `controller_unreachable` (unreachable), `controller_proof_wrong`,
 * `enrolment_failed`, or one of the controller's refusals, such as `token_used` and `token_expired`.
 */
export async function enrolWithController(options: EnrolOptions): Promise<Enrolment> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.deadlineMs ?? defaultDeadlineMs)]);
  const socket = await connectTo(options, signal);
  try {
    const certificate = socket.getPeerX509Certificate();
    const controllerSpki = certificate === undefined ? Buffer.alloc(0) : spkiOf(certificate);
    if (certificate === undefined || pinOfSpki(controllerSpki) !== options.token.controllerPin) {
      throw new Problem(
        "failed",
        "controller_pin_mismatch",
        `What answers at ${options.host}:${options.port} is not the controller that made this token; nothing was sent to it`,
        "Check the address. If the controller was set up anew, its key has changed: make a new token there.",
      );
    }
    const granted = await exchange(socket, controllerSpki, options, signal);
    const { controllerPin } = options.token;
    return { controllerPin, controllerCertificatePem: certificate.toString(), ...granted };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof Problem) throw error;
    throw new Problem(
      "failed",
      "enrolment_failed",
      `The controller at ${options.host}:${options.port} broke off the enrolment (${signal.aborted ? "no answer in time" : messageOf(error)})`,
      "Try again; the controller's log says why it broke off. If it says the token is used, make a new one.",
      { cause: error },
    );
  } finally {
    socket.destroy();
  }
}
