import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noOutput, readOutput } from "../../../src/models/convert/converter-output.js";
import { explainFailure } from "../../../src/models/convert/explain-failure.js";
import { recording } from "../../support/conversion-sources.js";

const outputOf = (name: string) => {
  const { stdout, stderr } = recording(name);
  return readOutput(readOutput(noOutput, stdout), stderr);
};
const explained = (name: string, code = 1): string => explainFailure({ code, signal: null }, outputOf(name));

describe("what mlx_lm printed", () => {
  test("tells the phases in their order", () => {
    const { stdout } = recording("quantized");
    const phases: string[] = [];
    let output = noOutput;
    for (const line of stdout.split(/(?<=\n)/)) {
      output = readOutput(output, line);
      phases.push(output.phase);
    }
    expect(phases).toEqual(["loading", "loading", "quantizing", "writing"]);
    expect(outputOf("dequantized").phase).toBe("dequantizing");
    expect(outputOf("plain").phase).toBe("loading");
  });

  test("means the same however it is cut into pieces", () => {
    const { stdout, stderr } = recording("disk-full");
    const text = stdout + stderr;
    const whole = readOutput(noOutput, text);
    const cuts = fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (places) => {
        const ends = [0, ...places.toSorted((left, right) => left - right), text.length];
        const pieces = ends.slice(1).map((end, index) => text.slice(ends[index], end));
        const { phase, tail, error } = pieces.reduce(readOutput, noOutput);
        expect({ phase, tail, error }).toEqual({ phase: whole.phase, tail: whole.tail, error: whole.error });
      }),
    );
  });
});

describe("any other output", () => {
  test("is read without failing, takes little memory and can't move a cursor", () => {
    const anything = fc.array(fc.string({ unit: "binary", maxLength: 1_500 }), { maxLength: 10 });
    fc.assert(
      fc.property(anything, (chunks) => {
        const output = chunks.reduce(readOutput, noOutput);
        expect(output.tail.length).toBeLessThanOrEqual(40);
        expect(output.rest.length).toBeLessThanOrEqual(500);
        for (const line of output.tail) expect(line).toMatch(/^[^\p{Cc}]{1,500}$/u);
      }),
    );
  });

  test("of a progress bar gives its newest states as lines, without colours", () => {
    const bar = "\u001b[32m 10%|#    |\u001b[0m\r\u001b[32m 20%|##   |\u001b[0m\r";
    expect(readOutput(noOutput, bar).tail).toEqual([" 10%|#    |", " 20%|##   |"]);
  });

  test("keeps the error although a thousand lines come after it", () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `model.layers.${at}.weight,\n`).join("");
    const output = readOutput(noOutput, `ValueError: Missing 1000 parameters: \n${names}`);
    expect(output.error).toBe("ValueError: Missing 1000 parameters:");
  });
});

describe("a failure", () => {
  test.each([
    ["disk-full", "the disk became full while it wrote"],
    ["truncated-weights", "a weight file of the source is damaged"],
    ["missing-weights", "mlx-lm's model does not have the weights"],
    ["gpt-oss-bf16", "mlx-lm's model does not have the weights"],
    ["unknown-type", "does not know the type of the model"],
    ["no-tokenizer", "the tokenizer of the source can't be loaded"],
    ["not-on-disk", "a file from the internet"],
  ])("as in the recording %s is explained: %s", (name, words) => {
    const text = explained(name);
    expect(text).toContain("mlx_lm failed with code 1");
    expect(text).toContain(words);
    expect(text).not.toContain("\n");
  });

  test("of another kind gives mlx_lm's own last words", () => {
    expect(explained("original-layout")).toBe("mlx_lm failed with code 1: it said: KeyError: 'model_type'");
    expect(explained("result-exists")).toContain("it said: ValueError: Cannot save to the path");
    expect(explained("interrupted", 130)).toBe("mlx_lm failed with code 130: it said: KeyboardInterrupt");
  });

  test("by a signal, or without a word, is told as such", () => {
    expect(explainFailure({ code: null, signal: "SIGKILL" }, noOutput)).toContain("memory runs short");
    expect(explainFailure({ code: null, signal: "SIGSEGV" }, noOutput)).toBe("mlx_lm was ended by SIGSEGV");
    expect(explainFailure({ code: 3, signal: null }, noOutput)).toBe("mlx_lm failed with code 3: it said nothing");
  });
});
