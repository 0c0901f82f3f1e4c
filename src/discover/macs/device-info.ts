import { parseTxt, type TxtValue } from "../parse-txt.js";

/** What a machine says about itself in its `_device-info._tcp` record. Unsigned, and other systems publish such too. */
export interface DeviceInfo {
  /** `hw.model`, such as `Mac15,14`. */
  readonly model?: string;
  /** Such as 26: of the build, which begins with 25, only that number is told. */
  readonly macosMajor?: number;
}

const modelPattern = /^[A-Za-z][A-Za-z0-9,@.-]{0,39}$/;
const buildPattern = /^[1-9][0-9]{0,2}$/;

/** Builds 20 to 24 are macOS 11 to 15; from 25 on Apple has counted them by year: macOS 26 and later. */
const macosOf = (build: number): number | undefined => (build < 20 ? undefined : build < 25 ? build - 9 : build + 1);

function matching(value: TxtValue | undefined, pattern: RegExp): string | undefined {
  if (value === undefined || value === true) return undefined;
  const text = Buffer.from(value).toString("latin1");
  return pattern.test(text) ? text : undefined;
}

/** Reads the strings of the TXT record; malformed claims are left out. */
export function readDeviceInfo(strings: readonly Uint8Array[]): DeviceInfo {
  const entries = parseTxt(strings);
  const model = matching(entries.get("model"), modelPattern);
  const build = matching(entries.get("osxvers"), buildPattern);
  const macosMajor = build === undefined ? undefined : macosOf(Number(build));
  return { ...(model === undefined ? {} : { model }), ...(macosMajor === undefined ? {} : { macosMajor }) };
}
