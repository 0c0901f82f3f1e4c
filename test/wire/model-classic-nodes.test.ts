import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAdminServer } from "../../src/adapters/http/admin-server.js";
import type { AdminApi } from "../../src/controller/admin-api.js";
import { socketName } from "../../src/processes/state-names.js";
import type { Close } from "../../src/runtime/close-all.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { type ClassicCluster, openClassicCluster } from "../support/classic-cluster.js";
import { modelsPyText } from "../support/classic-house.js";
import { type CliSandbox, createCliSandbox, runCli } from "../support/run-cli.js";

let cluster: ClassicCluster;
let sandbox: CliSandbox;
let closeServer: Close;

const odd = `# odd\n${modelsPyText}`;

beforeEach(async () => {
  sandbox = createCliSandbox();
  await mkdir(sandbox.home, { recursive: true });
  cluster = await openClassicCluster([modelsPyText, modelsPyText, odd]);
  closeServer = await openAdminServer({
    socketPath: join(sandbox.home, socketName),
    account: "anna",
    version: "0.1.0",
    apiFor: () => cluster.work as unknown as AdminApi, // the other calls are not made here
    logger: silentLogger,
  });
});
afterEach(async () => {
  await closeServer();
  await cluster.close();
  sandbox.remove();
});

const model = (...args: readonly string[]) => runCli(sandbox, ["model", ...args, "--classic"]);
const llama = ["my-llama", "--layers", "32", "--repo", "mlx-community/my-llama", "--label", "My Llama"];

describe("exoctl model add, list and remove --classic --nodes", () => {
  test("show, write, list and take back on all nodes", async () => {
    const shown = await model("add", ...llama, "--nodes", "--dry-run");
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain("nothing was changed");
    expect(shown.stdout).toContain('+  "my-llama": { "layers": 32, ');

    const added = await model("add", ...llama, "--nodes");
    expect(added.code).toBe(0);
    expect(added.stderr).toContain("write models.py on studio-2: added");
    expect(added.stdout).toContain("differs from that on studio-1 and studio-2, as it did before");
    for (const text of await cluster.texts()) expect(text).toContain('"my-llama"');

    const listed = await model("list", "--nodes", "-o", "json");
    expect(JSON.parse(listed.stdout)).toMatchObject({
      nodes: [
        { node: "studio-1", description: { entries: [{ by: "exoctl", entry: { id: "my-llama", layers: 32 } }] } },
        {},
        {},
      ],
      comparison: { entry: "same", files: "differs" },
    });
    const page = await model("list", "--nodes");
    expect(page.stdout).toContain("my-llama");
    expect(page.stdout).toContain("can't run");

    const removed = await model("remove", "my-llama", "--on", "studio-1,studio-2,studio-3", "-o", "json");
    expect(JSON.parse(removed.stdout)).toMatchObject({ outcome: "done", comparison: { entry: "same" } });
    expect(await cluster.texts()).toEqual([modelsPyText, modelsPyText, odd]);
  });

  test("what keeps one node keeps all, with the reason and exit code 1", async () => {
    const blocked = await model("add", "gpt-oss-120b", "--nodes");
    expect(blocked.code).toBe(1);
    expect(blocked.stdout).toContain("[model_class_missing]");
    expect(blocked.stdout).toContain("--accept");
    expect(await cluster.texts()).toEqual([modelsPyText, modelsPyText, odd]);
  });

  test("no path goes to other machines, and a controller is needed", async () => {
    const path = await runCli(sandbox, ["model", "add", ...llama, "--nodes", "--classic", "/somewhere"]);
    expect(path).toMatchObject({ code: 2, stdout: "" });
    expect(path.stderr).toContain("each agent was told where its exo is");
    await closeServer();
    expect(await model("add", ...llama, "--nodes")).toMatchObject({ code: 4 });
  });
});
