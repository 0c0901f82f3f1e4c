import { once } from "node:events";
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { DialPeer } from "../../agent/sync/peer-link.js";
import { spkiPin } from "../../cluster/spki-pin.js";
import type { SourceState } from "../../models/sync/piece-board.js";
import type { Peer } from "../../models/sync/sync-report.js";
import { filePathOf, filesHost, readStateBody, statePathOf, whenHeader } from "./file-requests.js";
import { receiveBody } from "./receive-body.js";

/** Two pieces under way and one question what else there is. */
const connectionsPerPeer = 3;
/** For one address; then the next one is tried. */
const connectMs = 3_000;
/** A source that sends nothing for so long is stuck. Limits are far above one slice in this time. */
const stuckMs = 15_000;
const largestStateBytes = 64 * 1024;

interface Own {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Connects to one address. @throws when nobody answers there, or somebody with another key */
function connectTo(
  { host, port }: Peer["addresses"][number],
  pin: string,
  secureContext: SecureContext,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, secureContext, minVersion: "TLSv1.3", rejectUnauthorized: false });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error(`${host}:${port} does not answer`)), connectMs);
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined || spkiPin(certificate) !== pin)
        return fail(new Error(`what answers at ${host}:${port} does not have that agent's key`));
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

/** The addresses one after the other, best first; the one that answered last comes before all others. */
function createConnector({ addresses, pin }: Peer, secureContext: SecureContext): () => Promise<TLSSocket> {
  let order = [...addresses];
  return async () => {
    let trouble: unknown = new Error("it has no address");
    for (const address of order) {
      try {
        const socket = await connectTo(address, pin, secureContext);
        order = [address, ...order.filter((other) => other !== address)];
        return socket;
      } catch (error) {
        trouble = error;
      }
    }
    throw trouble;
  };
}

/**
 * Dials other agents over TLS 1.3 with this agent's certificate. Nothing is sent before the other end has proven its key. On
 * node:http, which an agent has anyway: a larger client takes a sixth of its memory.
 */
export function createDialPeer(own: Own): DialPeer {
  const secureContext = createSecureContext({
    cert: own.certificatePem,
    key: own.privateKeyPem,
    minVersion: "TLSv1.3",
  });
  return (peer, digest, pieceCount) => {
    const agent = openConnections(createConnector(peer, secureContext));
    const stateFrom = async (answer: IncomingMessage): Promise<SourceState> => {
      const state = readStateBody(await readSmall(answer), pieceCount);
      if (state === undefined) throw new Error("its answer is not understood");
      return state;
    };
    return {
      state: async (signal) => {
        const answer = await ask(agent, statePathOf(digest), {}, signal);
        if (answer.statusCode === 200) return await stateFrom(answer);
        answer.destroy();
        throw new Error(
          answer.statusCode === 404 ? "it does not share this model yet" : `it answered ${answer.statusCode}`,
        );
      },
      fetch: async ({ fileIndex, offset, bytes }, when, signal) => {
        const headers = { range: `bytes=${offset}-${offset + bytes - 1}`, [whenHeader]: when };
        const answer = await ask(agent, filePathOf(digest, fileIndex), headers, signal);
        const { statusCode } = answer;
        if (statusCode === 206 && answer.headers["content-length"] === String(bytes))
          return { kind: "data", receive: (take) => receiveBody(answer, take) };
        if (statusCode === 409) return { kind: "served", state: await stateFrom(answer) };
        answer.destroy();
        throw new Error(`it answered ${statusCode} when it was asked for a piece`);
      },
      close: async () => agent.destroy(),
    };
  };
}

function openConnections(connectPeer: () => Promise<TLSSocket>): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsPerPeer });
  return Object.assign(agent, {
    createConnection: (_options: unknown, done: (error: Error | null, socket?: TLSSocket) => void): void => {
      connectPeer().then(
        (socket) => done(null, socket),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
}

/** Sends one question. @returns the answer, of which only the head has come in */
async function ask(
  agent: Agent,
  path: string,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const sent = request({ agent, path, headers: { ...headers, host: filesHost }, signal, timeout: stuckMs });
  sent.on("timeout", () => sent.destroy(new Error("it sends nothing any more")));
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  // After the head, a broken connection is told by the answer.
  sent.on("error", () => undefined);
  return answer;
}

async function readSmall(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > largestStateBytes) throw new Error("its answer is too long");
    parts.push(part);
  }
  return Buffer.concat(parts);
}
