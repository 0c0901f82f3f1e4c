/** One complaint in the shape of FastAPI's 422 answers. */
export interface Complaint {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Checks a value: its normal form, or what is wrong with it. */
export type Check = (value: unknown, loc: readonly (string | number)[]) => Checked;
export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly complaints: readonly Complaint[] };

export interface Field {
  readonly check: Check;
  /** Absent: the field is required. */
  readonly fallback?: () => unknown;
}

export type Fields = Readonly<Record<string, Field>>;

export const good = (value: unknown): Checked => ({ ok: true, value });
export const bad = (
  type: string,
  loc: readonly (string | number)[],
  msg: string,
  input: unknown,
  ctx?: Readonly<Record<string, unknown>>,
): Checked => ({ ok: false, complaints: [{ type, loc, msg, input, ...(ctx === undefined ? {} : { ctx }) }] });

export const required = (check: Check): Field => ({ check });
export const optional = (check: Check, fallback: unknown): Field => ({ check, fallback: () => fallback });

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isFloatLiteral(value);

const floatValue = Symbol("float literal");

/** A number that was written with a point or an exponent: strict integers refuse it, as Pydantic does. */
interface FloatLiteral {
  readonly [floatValue]: number;
}

const isFloatLiteral = (value: unknown): value is FloatLiteral =>
  typeof value === "object" && value !== null && floatValue in value;

const asInteger = (value: unknown): number | undefined => {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
};

export const text: Check = (value, loc) =>
  typeof value === "string" ? good(value) : bad("string_type", loc, "Input should be a valid string", value);

export const flag: Check = (value, loc) =>
  typeof value === "boolean" ? good(value) : bad("bool_type", loc, "Input should be a valid boolean", value);

/** A strict integer with an optional lower bound. */
export function integer(limit: { readonly atLeast?: number; readonly above?: number } = {}): Check {
  return (value, loc) => {
    const number = asInteger(value);
    if (number === undefined) return bad("int_type", loc, "Input should be a valid integer", value);
    if (limit.atLeast !== undefined && number < limit.atLeast)
      return bad("greater_than_equal", loc, `Input should be greater than or equal to ${limit.atLeast}`, value, {
        ge: limit.atLeast,
      });
    if (limit.above !== undefined && number <= limit.above)
      return bad("greater_than", loc, `Input should be greater than ${limit.above}`, value, { gt: limit.above });
    return good(number);
  };
}

export const float: Check = (value, loc) => {
  if (isFloatLiteral(value)) return good(value[floatValue]);
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" ? good(number) : bad("float_type", loc, "Input should be a valid number", value);
};

/** Anything; float literals become plain numbers. */
export const anything: Check = (value) => {
  const plain = (one: unknown): unknown => {
    if (isFloatLiteral(one)) return one[floatValue];
    if (typeof one === "bigint") return Number(one);
    if (Array.isArray(one)) return one.map(plain);
    return isRecord(one) ? Object.fromEntries(Object.entries(one).map(([key, item]) => [key, plain(item)])) : one;
  };
  return good(plain(value));
};

export const nullable =
  (check: Check): Check =>
  (value, loc) =>
    value === null ? good(null) : check(value, loc);

/** One of the words of an enumeration. */
export const word = (...words: readonly string[]): Check => oneOfWords("enum", words);

/** One of some literal words. Pydantic complains about them under another name. */
export const literal = (...words: readonly string[]): Check => oneOfWords("literal_error", words);

function oneOfWords(type: "enum" | "literal_error", words: readonly string[]): Check {
  const quoted = words.map((one) => `'${one}'`);
  const expected = quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return (value, loc) =>
    typeof value === "string" && words.includes(value)
      ? good(value)
      : bad(type, loc, `Input should be ${expected}`, value, { expected });
}

function gather(entries: readonly (readonly [string | number, Checked])[]): {
  readonly values: readonly (readonly [string | number, unknown])[];
  readonly complaints: readonly Complaint[];
} {
  return {
    values: entries.flatMap(([key, checked]) => (checked.ok ? [[key, checked.value] as const] : [])),
    complaints: entries.flatMap(([, checked]) => (checked.ok ? [] : checked.complaints)),
  };
}

export const list =
  (check: Check): Check =>
  (value, loc) => {
    if (!Array.isArray(value)) return bad("list_type", loc, "Input should be a valid list", value);
    const { values, complaints } = gather(value.map((item, at) => [at, check(item, [...loc, at])] as const));
    return complaints.length > 0 ? { ok: false, complaints } : good(values.map(([, item]) => item));
  };

/** A JSON object with any keys. */
export const mapping =
  (check: Check): Check =>
  (value, loc) => {
    if (!isRecord(value)) return bad("dict_type", loc, "Input should be a valid dictionary", value);
    const { values, complaints } = gather(
      Object.entries(value).map(([key, item]) => [key, check(item, [...loc, key])] as const),
    );
    return complaints.length > 0 ? { ok: false, complaints } : good(Object.fromEntries(values));
  };

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Whether unknown keys are an error (exo's own models) or dropped (the OpenAI types). */
export type UnknownKeys = "forbid" | "ignore";

/**
 * An object with known fields. exo's own models accept each field in camelCase or in snake_case and print camelCase; here
 * fields are named as they are printed.
 */
export function object(fields: Fields, unknownKeys: UnknownKeys = "forbid"): Check {
  return (value, loc) => {
    if (!isRecord(value))
      return bad("model_type", loc, "Input should be a valid dictionary or object to extract fields from", value);
    const used = new Set<string>();
    const entries = Object.entries(fields).map(([name, field]): readonly [string, Checked] => {
      const key = [name, snakeCase(name)].find((one) => Object.hasOwn(value, one));
      if (key !== undefined) {
        used.add(key);
        return [name, field.check(value[key], [...loc, key])];
      }
      if (field.fallback !== undefined) return [name, good(field.fallback())];
      return [name, bad("missing", [...loc, name], "Field required", value)];
    });
    const extra =
      unknownKeys === "ignore"
        ? []
        : Object.keys(value)
            .filter((key) => !used.has(key))
            .map(
              (key) =>
                [key, bad("extra_forbidden", [...loc, key], "Extra inputs are not permitted", value[key])] as const,
            );
    const { values, complaints } = gather([...entries, ...extra]);
    return complaints.length > 0 ? { ok: false, complaints } : good(Object.fromEntries(values));
  };
}

/**
 * A value tagged with its class, such as `{"MlxRingInstance": {...}}`. As in exo an untagged object is accepted too: the
 * first class that it fits.
 */
export function oneOf(classes: Readonly<Record<string, Check>>): Check {
  return (value, loc) => {
    const names = Object.keys(classes);
    const tag = isRecord(value) && Object.keys(value).length === 1 ? Object.keys(value)[0] : undefined;
    const tried = tag !== undefined && names.includes(tag) ? [tag] : names;
    const complaints: Complaint[] = [];
    for (const name of tried) {
      const body = name === tag && isRecord(value) ? value[name] : value;
      const checked = classes[name]?.(body, [...loc, name]);
      if (checked?.ok) return good({ [name]: checked.value });
      complaints.push(...(checked?.complaints ?? []));
    }
    return { ok: false, complaints };
  };
}

/** Adds a rule about the whole value, reported as Pydantic reports a validator's error. */
export function rule(check: Check, complain: (value: never) => string | undefined): Check {
  return (value, loc) => {
    const checked = check(value, loc);
    if (!checked.ok) return checked;
    const complaint = complain(checked.value as never);
    return complaint === undefined
      ? checked
      : bad("value_error", loc, `Value error, ${complaint}`, value, { error: {} });
  };
}

/** Marks every number of a TOML document that was parsed with its integers as bigint: what is left are floats. */
export function markFloats(value: unknown): unknown {
  if (typeof value === "number") return { [floatValue]: value };
  if (Array.isArray(value)) return value.map(markFloats);
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markFloats(item)]))
    : value;
}

const floatMark = "\u0000float";

/** Parses JSON so that `5000.0` stays different from `5000`. @throws SyntaxError as JSON.parse does. */
export function parseStrictJson(source: string): unknown {
  JSON.parse(source);
  const marked = source.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') || /^-?\d+$/.test(token) ? token : `{${JSON.stringify(floatMark)}:${token}}`,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    isRecord(value) && floatMark in value ? { [floatValue]: Number(value[floatMark]) } : value,
  );
}
