import {
  anything,
  bad,
  type Check,
  type Checked,
  good,
  isRecord,
  list,
  literal,
  object,
  optional,
  required,
  text,
} from "../exo/strict-schema.js";

/** Types that are not strict, such as OpenAI's: Pydantic converts what can be converted without loss, flags too. */
export const looseInteger: Check = (value, loc) => {
  const plain = plainOf(value, loc);
  if (typeof plain === "boolean") return good(Number(plain));
  if (typeof plain === "number" && Number.isInteger(plain)) return wholeNumber(plain, loc);
  if (typeof plain === "string" && /^\s*[+-]?\d+(\.0+)?\s*$/.test(plain)) return wholeNumber(Number(plain), loc);
  if (typeof plain === "string")
    return bad("int_parsing", loc, "Input should be a valid integer, unable to parse string as an integer", plain);
  return typeof plain === "number"
    ? bad("int_from_float", loc, "Input should be a valid integer, got a number with a fractional part", plain)
    : bad("int_type", loc, "Input should be a valid integer", plain);
};

/** Pydantic takes no number of more than 4,300 digits, and none that was written as a float beyond 64 bits. */
const wholeNumber = (number: number, loc: readonly (string | number)[]): Checked =>
  Math.abs(number) < 2 ** 63
    ? good(number)
    : bad("int_parsing_size", loc, "Unable to parse input string as an integer, exceeded maximum size", number);

export const looseFloat: Check = (value, loc) => {
  const plain = plainOf(value, loc);
  if (typeof plain === "boolean" || typeof plain === "number") return good(Number(plain));
  if (typeof plain !== "string") return bad("float_type", loc, "Input should be a valid number", plain);
  if (plain.trim() !== "" && Number.isFinite(Number(plain))) return good(Number(plain));
  return bad("float_parsing", loc, "Input should be a valid number, unable to parse string as a number", plain);
};

const flagWords = { yes: ["true", "1", "yes", "on", "y", "t"], no: ["false", "0", "no", "off", "n", "f"] } as const;

export const looseFlag: Check = (value, loc) => {
  const plain = plainOf(value, loc);
  if (typeof plain === "boolean") return good(plain);
  const word = String(plain).toLowerCase();
  const readable = typeof plain === "number" || typeof plain === "string";
  if (readable && flagWords.yes.some((one) => one === word)) return good(true);
  if (readable && flagWords.no.some((one) => one === word)) return good(false);
  return readable
    ? bad("bool_parsing", loc, "Input should be a valid boolean, unable to interpret input", plain)
    : bad("bool_type", loc, "Input should be a valid boolean", plain);
};

/** Numbers that were written with a point become plain ones. */
function plainOf(value: unknown, loc: readonly (string | number)[]): unknown {
  const plain = anything(value, loc);
  return plain.ok ? plain.value : value;
}

/** A JSON object of any content. */
export const record: Check = (value, loc) =>
  isRecord(value) ? anything(value, loc) : bad("dict_type", loc, "Input should be a valid dictionary", value);

/** The first of some shapes that fits; the complaints of all when none does. */
export const anyOf =
  (...checks: readonly Check[]): Check =>
  (value, loc) => {
    const tried: Checked[] = checks.map((check) => check(value, loc));
    const fits = tried.find((one) => one.ok);
    return fits ?? { ok: false, complaints: tried.flatMap((one) => (one.ok ? [] : one.complaints)) };
  };

/** One or more texts that end an answer. */
export const stopWords = anyOf(text, list(text));

/** A class with a fixed word for its `type`, which may be left out. */
export const typed = (word: string, fields: Readonly<Record<string, Check>>): Check =>
  object(
    {
      type: optional(literal(word), word),
      ...Object.fromEntries(Object.entries(fields).map(([name, check]) => [name, required(check)])),
    },
    "ignore",
  );
