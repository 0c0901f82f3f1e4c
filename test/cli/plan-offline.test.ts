import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { planOffline, whatIfOffline } from "../../src/cli/plan-offline.js";
import { Problem } from "../../src/runtime/problem.js";

const folder = mkdtempSync(join(tmpdir(), "exoctl-plan-offline-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(text: string): string {
  const file = join(folder, "inventory.yaml");
  writeFileSync(file, text);
  return file;
}

async function problemsOf(text: string): Promise<readonly string[]> {
  const file = fileOf(text);
  const problem = await planOffline(file).catch((error: unknown) => error);
  if (!(problem instanceof Problem)) throw new Error("expected a problem");
  expect(problem.kind).toBe("usage");
  return problem.message.split("\n").map((line) => line.replace(`${file}: `, ""));
}

describe("what is no inventory", () => {
  test.each([
    ["", "(top): expected a mapping with nodes, links and model"],
    ["---\n", "(top): expected a mapping with nodes, links and model"],
    ["model: a\n---\nmodel: b\n", "(top): holds several documents; expected one at line 2, column 1"],
    ["model: !odd a\n", "(top): Unresolved tag: !odd at line 1, column 8"],
  ])("%j", async (text, problem) => {
    expect(await problemsOf(text)).toEqual([problem]);
  });

  test("nesting without end", async () => {
    const depth = 9000;
    expect(await problemsOf(`nodes: ${"[".repeat(depth)}${"]".repeat(depth)}`)).toEqual([
      "(top): is nested too deeply",
    ]);
  });

  test("every flaw of the text at once", async () => {
    expect(await problemsOf("nodes: []\nnodes: []\nmodel: !x a\nmodel: b\n")).toHaveLength(3);
  });

  test("aliases that multiply", async () => {
    const names = "abcdefg";
    const lines = [...names].map((name, index) => {
      const item = index === 0 ? "x" : `*${names[index - 1]}`;
      return `${name}: &${name} [${Array(9).fill(item).join(", ")}]`;
    });
    expect(await problemsOf(`${lines.join("\n")}\n`)).toEqual([expect.stringContaining("aliases")]);
  });
});

describe("the guide", () => {
  const guide = readFileSync("docs/planning-a-described-cluster.md", "utf8");
  const [example = "", inNumbers = ""] = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

  test("has an example that uses every field and can be planned", async () => {
    const result = await planOffline(fileOf(example));
    if (result.kind !== "plan") throw new Error(JSON.stringify(result.shortfalls));
    expect(result.replan?.verdict).toBe("must-move");
    expect(result.replicas[0]?.stages.at(-1)).toMatchObject({ node: "studio-2", startLayer: 28, endLayer: 36 });
    const codes = result.reasons.map(({ code }) => code);
    expect(codes).toContain("measured");
    expect(codes).not.toContain("measurement_unusable");
  });

  test("has a model in numbers that can be planned", async () => {
    expect(await planOffline(fileOf(inNumbers))).toMatchObject({ kind: "plan", model: "small" });
  });

  test("names changes that can be supposed", async () => {
    const changes = "add=m3ultra-512,remove=studio-1,link=studio-2:studio-3=ethernet-1g";
    expect((await whatIfOffline(fileOf(inNumbers.replace("studio-1", "studio-9")), "add=m4max-64")).after.kind).toBe(
      "plan",
    );
    expect((await whatIfOffline(fileOf(example), changes)).after.kind).toBe("plan");
  });
});
