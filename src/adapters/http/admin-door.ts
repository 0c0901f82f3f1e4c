import { type ClientRequest, type RequestOptions, request } from "node:http";
import { Problem } from "../../runtime/problem.js";
import { userHeader } from "./socket-caller.js";

/** A way to a controller. */
export interface AdminDoor {
  request(options: RequestOptions): Promise<ClientRequest>;
  /** What a person is told when a request got no answer. */
  unreachable(cause: unknown): Problem;
}

/** The controller on this machine. @param user who asks, for the record */
export const socketDoor = (socketPath: string, user: string): AdminDoor => ({
  request: async (options) =>
    request({ ...options, socketPath, headers: { ...options.headers, [userHeader]: encodeURIComponent(user) } }),
  unreachable: (cause) =>
    new Problem(
      "unreachable",
      "no_controller",
      "no exoctl controller is running here",
      "Start one with `exoctl up` (or try it on simulated Macs: `exoctl up --simulate`).",
      { cause },
    ),
});

/** Where a controller's admin port is, and what opens it. */
export interface RemoteController {
  /** `http:` on this machine only. */
  readonly url: URL;
  /** Text of a key with scope `admin`. */
  readonly key: string;
  /** PEM certificates that are trusted besides those of the system. */
  readonly ca?: string;
}

/** A controller anywhere. */
export const remoteDoor = ({ url, key, ca }: RemoteController): AdminDoor => ({
  request: async (options) => {
    const wanted = { ...options, headers: { ...options.headers, authorization: `Bearer ${key}` } };
    if (url.protocol === "http:") return request(url, { ...wanted, path: options.path });
    // Loaded only for those that need it: it takes longer than a call over the socket.
    const [https, { rootCertificates }] = await Promise.all([import("node:https"), import("node:tls")]);
    return https.request(url, { ...wanted, ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }) });
  },
  unreachable: (cause) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new Problem(
      "unreachable",
      "no_controller",
      `the controller at ${url.origin} does not answer: ${why}`,
      isCertificateError(cause)
        ? "Name the file with its certificate, or that of who issued it: --controller-ca FILE."
        : "Look whether it runs, and whether admin.listen in its cluster.yaml is this address.",
      { cause },
    );
  },
});

const isCertificateError = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && /CERT|SIGNATURE|SELF_SIGNED|ALTNAME/.test(String(cause.code));
