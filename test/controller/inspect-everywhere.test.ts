import { describe, expect, test } from "vitest";
import { modelId, nodeName } from "../../src/cluster/names.js";
import { agreeOnWeights, inspectEverywhere, type NodeInspection } from "../../src/controller/inspect-everywhere.js";
import { AgentUnreachableError } from "../../src/inventory/agent-link.js";
import { inspectModel } from "../../src/models/inspect/inspect-model.js";
import { type InspectedModel, inspectedModel } from "../../src/models/inspected-model.js";
import { smallGptOss } from "../support/fake-model.js";
import { type FakeFolder, filesIn, mlxFolder } from "../support/fake-model-files.js";

const id = modelId("local/gpt-oss-20b");
const of = async (folder: FakeFolder) => inspectedModel(id, await inspectModel(filesIn(folder), id));
const whole = await of(mlxFolder(smallGptOss, "MXFP4-Q8"));
const other = await of(mlxFolder(smallGptOss, "MXFP4-Q4"));
const broken = await of(new Map([...mlxFolder(smallGptOss, "MXFP4-Q8")].filter(([name]) => !name.includes("00002"))));

const on = (name: string, found: NodeInspection["found"]): NodeInspection => ({ node: nodeName(name), found });
const thrown = (inspections: readonly NodeInspection[]) => {
  try {
    return agreeOnWeights(id, inspections);
  } catch (error) {
    return error;
  }
};

test("every node is asked at the same time; one that does not answer is noted, not fatal", async () => {
  const link = (answer: () => Promise<InspectedModel | undefined>) => ({ inspectModel: answer });
  const away = new AgentUnreachableError("agent_unreachable", "nobody answers");
  const { signal } = new AbortController();
  const nodes = [
    { name: nodeName("a"), link: link(async () => whole) },
    { name: nodeName("b"), link: link(() => Promise.reject(away)) },
    { name: nodeName("c"), link: link(async () => undefined) },
  ];
  const answers = await inspectEverywhere(id, nodes, signal);
  expect(answers).toEqual([on("a", whole), on("b", away), on("c", undefined)]);
  const agreed = agreeOnWeights(id, answers);
  expect(agreed).toMatchObject({ nodes: ["a"], quantization: "MXFP4-Q8", facts: { layers: smallGptOss.layers } });
  expect(agreed.notes).toContain("b could not be asked: nobody answers");
});

describe("what the nodes say comes to", () => {
  test("one set of weights where all agree; files that are no use elsewhere are noted", () => {
    const agreed = agreeOnWeights(id, [on("a", whole), on("b", whole), on("c", broken)]);
    expect(agreed.nodes).toEqual(["a", "b"]);
    expect(agreed.notes.join()).toMatch(/its files on c are no use \(incomplete\): model-00002/);
  });

  test("a note where a folder has a catalogue name and other weights", () => {
    expect(agreeOnWeights(id, [on("a", whole)]).notes.join()).toMatch(
      /is not what the catalogue says of gpt-oss-20b: 4 layers instead of 24 layers.*the files count/,
    );
  });

  test("a problem that names both sides where nodes differ", () => {
    expect(thrown([on("a", whole), on("b", other)])).toMatchObject({
      code: "weights_differ",
      message: expect.stringMatching(/a has \d+ bytes.*MXFP4-Q8; b has \d+ bytes.*MXFP4-Q4/),
    });
  });

  test("a problem where nobody has them, or nobody has usable ones", () => {
    expect(thrown([on("a", undefined)])).toMatchObject({
      code: "no_such_weights",
      hint: expect.stringContaining("--models-folder"),
    });
    expect(thrown([on("a", broken)])).toMatchObject({ code: "weights_unusable" });
  });
});
