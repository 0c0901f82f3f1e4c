/** Random numbers that a seed repeats (mulberry32). @returns from 0 up to, not including, 1 */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Bytes that parsers stumble over: ends, quotes, brackets, lengths, numbers at their limits, other scripts, cut UTF-8. */
const words = [
  ...[
    "\0",
    "\n",
    "\r\n",
    '"',
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ":",
    ",",
    "#",
    "&",
    "*",
    "!",
    "-",
    "<<",
    "\t",
    " ",
  ],
  ...[
    "0",
    "-1",
    "1e999",
    "9007199254740993",
    "18446744073709551616",
    "NaN",
    "null",
    "true",
    "__proto__",
    "constructor",
  ],
  ...[
    "../",
    "/etc/passwd",
    "%00",
    "\u202e",
    "\ufeff",
    "é",
    "𝕏",
    "data: ",
    "[DONE]",
    "'''",
    '"""',
    "\\u0000",
    "&a",
    "*a",
  ],
].map((word) => Buffer.from(word));
const cutUtf8 = [Buffer.from([0xc3]), Buffer.from([0xff, 0xfe]), Buffer.from([0xed, 0xa0, 0x80])];
const inserts = [...words, ...cutUtf8];

/** Longest case: a parser's time per byte shows here as well as in a megabyte. */
const mostBytes = 20_000;

/** Changes a sample in one to six places, now and then joins two of them. */
export function mutate(samples: readonly Buffer[], random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit);
  const sample = (): Buffer => samples[below(samples.length)] ?? Buffer.alloc(0);
  let bytes = Buffer.from(sample());
  for (let changes = 1 + below(6); changes > 0; changes -= 1) bytes = change(bytes, sample, below);
  return bytes.subarray(0, mostBytes);
}

function change(bytes: Buffer, other: () => Buffer, below: (limit: number) => number): Buffer<ArrayBuffer> {
  const [at, to] = [below(bytes.length + 1), below(bytes.length + 1)].toSorted((one, two) => one - two) as [
    number,
    number,
  ];
  const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  const word = inserts[below(inserts.length)] ?? Buffer.alloc(0);
  switch (below(8)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, middle, middle, after]);
    case 2:
      return Buffer.concat([before, word, bytes.subarray(at)]);
    case 3:
      return Buffer.concat([before, word, after]);
    case 4:
      return Buffer.concat([before, ...Array.from({ length: 1 + below(300) }, () => word), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([before, other().subarray(below(50))]);
    case 6:
      return Buffer.concat([before, Buffer.from([below(256)]), bytes.subarray(at + 1)]);
    default:
      return Buffer.from(bytes.subarray(0, at));
  }
}
