import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { Pool } from "undici";
import type { DialPeer } from "../../agent/sync/peer-link.js";
import { spkiPin } from "../../cluster/spki-pin.js";
import type { Peer } from "../../models/sync/sync-report.js";
import { filePathOf, filesHost, readStateBody, statePathOf, whenHeader } from "./file-requests.js";

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

/** Dials other agents over TLS 1.3 with this agent's certificate. Nothing is sent before the other end has proven its key. */
export function createDialPeer(own: Own): DialPeer {
  const secureContext = createSecureContext({
    cert: own.certificatePem,
    key: own.privateKeyPem,
    minVersion: "TLSv1.3",
  });
  return (peer, digest, pieceCount) => {
    const connectPeer = createConnector(peer, secureContext);
    const pool = new Pool(`https://${filesHost}`, {
      connections: connectionsPerPeer,
      pipelining: 1,
      bodyTimeout: stuckMs,
      headersTimeout: stuckMs,
      connect: (_options, callback) => {
        connectPeer().then(
          (socket) => callback(null, socket),
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
        );
      },
    });
    const stateFrom = async (body: AsyncIterable<Uint8Array>) => {
      const state = readStateBody(await readSmall(body), pieceCount);
      if (state === undefined) throw new Error("its answer is not understood");
      return state;
    };
    return {
      state: async (signal) => {
        const { statusCode, body } = await pool.request({ path: statePathOf(digest), method: "GET", signal });
        if (statusCode === 200) return await stateFrom(body);
        await body.dump();
        throw new Error(statusCode === 404 ? "it does not share this model yet" : `it answered ${statusCode}`);
      },
      fetch: async ({ fileIndex, offset, bytes }, when, signal) => {
        const { statusCode, headers, body } = await pool.request({
          path: filePathOf(digest, fileIndex),
          method: "GET",
          headers: { range: `bytes=${offset}-${offset + bytes - 1}`, [whenHeader]: when },
          signal,
        });
        if (statusCode === 206 && headers["content-length"] === String(bytes)) return { kind: "data", chunks: body };
        if (statusCode === 409) return { kind: "served", state: await stateFrom(body) };
        await body.dump();
        throw new Error(`it answered ${statusCode} when it was asked for a piece`);
      },
      close: () => pool.destroy(),
    };
  };
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
