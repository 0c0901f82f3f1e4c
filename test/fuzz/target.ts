import { readFileSync } from "node:fs";

/** A parser of bytes from somebody who is not trusted. */
export interface FuzzTarget {
  readonly name: string;
  /** Good input, to be spoilt. */
  readonly samples: readonly Buffer[];
  /** Reads it. Throwing anything but what `refuses` names is a crash. */
  readonly run: (bytes: Buffer) => unknown;
  readonly refuses: readonly (abstract new (...args: never[]) => Error)[];
}

/** A file of the repository. */
export const file = (path: string): Buffer => readFileSync(new URL(`../../${path}`, import.meta.url));

/** A recorded answer of exo. */
export const exoFile = (path: string): Buffer => file(`test/fixtures/exo/${path}`);

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** The value, or the text where it is no JSON: what reads it comes after `JSON.parse`, whose own refusals are nobody's business here. */
export function parsed(bytes: Buffer): unknown {
  const text = bytes.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
