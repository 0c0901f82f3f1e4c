import { pinPattern } from "../cluster/spki-pin.js";
import { Problem } from "../runtime/problem.js";

/** A single-use invitation for one agent. Its text is a secret: only by file or stdin, never in arguments or environment. */
export interface JoinToken {
  /** Not secret: names the token in lists and in the agent's request. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** The agent talks to the holder of this key and to nobody else. */
  readonly controllerPin: string;
}

const prefix = "enr1";
const idPattern = /^[a-z2-7]{10}$/;
const secretBytes = 32;
const base32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Lower-case base32 text of so many characters, each from one random byte. */
export const randomName = (characters: number, randomBytes: (bytes: number) => Uint8Array): string =>
  Array.from(randomBytes(characters), (byte) => base32[byte % 32]).join("");

/** Makes a token. `randomBytes` must be cryptographically strong. */
export function newJoinToken(controllerPin: string, randomBytes: (bytes: number) => Uint8Array): JoinToken {
  return { id: randomName(10, randomBytes), secret: randomBytes(secretBytes), controllerPin };
}

/** `enr1.<id>.<secret>.<controller pin>`, the last two in base64url. */
export function formatJoinToken(token: JoinToken): string {
  return [prefix, token.id, Buffer.from(token.secret).toString("base64url"), token.controllerPin].join(".");
}

const badToken = (problem: string): Problem =>
  new Problem(
    "usage",
    "bad_token",
    `This is not a join token: ${problem}`,
    "Paste the whole line that `exoctl token create` printed, or make a new one with it.",
  );

/**
 * Reads a token's text; surrounding white space is ignored. No message repeats any part of the text.
 *
 * @throws Problem `bad_token` (usage).
 */
export function parseJoinToken(text: string): JoinToken {
  const trimmed = text.trim();
  if (trimmed === "") throw badToken("it is empty.");
  const [first, id = "", secretText = "", controllerPin = "", ...rest] = trimmed.split(".");
  if (first !== prefix) throw badToken(`it does not begin with "${prefix}.".`);
  if (rest.length > 0) throw badToken("it has more than four parts.");
  if (!idPattern.test(id)) throw badToken("its second part is not a token id of ten letters and digits.");
  const secret = Buffer.from(secretText, "base64url");
  if (secret.length !== secretBytes || secret.toString("base64url") !== secretText)
    throw badToken("its third part is damaged or cut off.");
  const pin = Buffer.from(controllerPin, "base64url");
  if (!pinPattern.test(controllerPin) || pin.toString("base64url") !== controllerPin)
    throw badToken("its last part, the controller's pin, is damaged or cut off.");
  return { id, secret, controllerPin };
}
