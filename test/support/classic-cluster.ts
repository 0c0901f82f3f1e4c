import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { openClassicDisk } from "../../src/adapters/files/classic-disk.js";
import { type FileCalls, fileCalls } from "../../src/adapters/files/classic-file-calls.js";
import { openAgentServer } from "../../src/adapters/grpc/agent-server.js";
import { openAgentLink } from "../../src/adapters/grpc/grpc-agent-link.js";
import { createAuthority } from "../../src/agent/authority.js";
import { noClassicExo } from "../../src/agent/classic-exo.js";
import { createClassicRegistry } from "../../src/agent/classic-registry.js";
import { createClassicWork } from "../../src/controller/classic-work.js";
import type { FleetNode } from "../../src/controller/fleet.js";
import type { ProgressLine } from "../../src/controller/progress-line.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { noControllerKey, noModelConvert, noModelRemoval, noModelSync } from "./agent-house.js";
import { anIdentity } from "./agent-identities.js";
import { createManualClock } from "./agent-manual-clock.js";
import { createTestAgent } from "./agent-parts.js";
import { aMember, reportOf } from "./controller-house.js";
import { createTempRegistry } from "./registry-temp.js";

/** What the file system calls of one node's agent do; may be changed at any time. */
type CallChanges = Partial<FileCalls>;

/** A busy machine that runs tests is no dead agent. */
const deadlines = { observeMs: 60_000, leaseMs: 60_000, actMs: 60_000 };

/** One node: a real agent on a loopback port, with an exo 0.0.x in a temporary folder. */
async function openNode(name: string, text: string, controller: Awaited<ReturnType<typeof anIdentity>>) {
  const root = await mkdtemp(join(tmpdir(), "exoctl-classic-node-"));
  const file = join(root, "exo", "models.py");
  await mkdir(join(root, "exo", "inference", "mlx", "models"), { recursive: true });
  await writeFile(join(root, "exo", "inference", "mlx", "models", "llama.py"), "");
  await writeFile(file, text);
  const registry = await createTempRegistry();
  const identity = await anIdentity(name);
  const { agent } = createTestAgent(await registry.open(), "observed");
  const authority = createAuthority(createManualClock(), silentLogger);
  const changes: CallChanges = {};
  const classicRegistry = createClassicRegistry({
    publishers: ["mlx-community"],
    open: () =>
      openClassicDisk(
        { installations: [root], exoHome: join(root, "home"), currentFolder: root },
        { ...fileCalls, ...changes },
      ),
    authority,
  });
  const serve = (port: number) =>
    openAgentServer({
      host: "127.0.0.1",
      port,
      own: identity,
      trusted: [controller],
      services: {
        controllerKey: noControllerKey,
        nodeAgent: { ...agent, takeLease: authority.takeLease },
        classicRegistry,
        classicExo: noClassicExo(),
        modelSync: noModelSync,
        modelConvert: noModelConvert,
        modelRemoval: noModelRemoval,
        modelInspect: { inspectModel: async () => undefined },
      },
      logger: silentLogger,
      closeGraceMs: 0,
    });
  let server = await serve(0);
  const { port } = server;
  const dial = async () => {
    const opened = openAgentLink({ host: "127.0.0.1", port, own: controller, agent: identity, deadlines });
    await opened.takeLease(1, new AbortController().signal);
    return opened;
  };
  let link = await dial();
  return {
    name,
    file,
    changes,
    get link() {
      return link;
    },
    text: () => readFile(file, "utf8"),
    /** As a killed agent: connections break, and nobody answers any more. */
    kill: async () => await server.close(),
    restart: async () => {
      server = await serve(port);
      await link.close();
      link = await dial();
    },
    close: async () => {
      await link.close();
      await server.close();
      await registry.remove();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A cluster of exo 0.0.x with real agents over real gRPC, named studio-1, studio-2 and so on. */
export async function openClassicCluster(texts: readonly string[]) {
  const before = tls.DEFAULT_MIN_VERSION;
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const controller = await anIdentity("controller");
  const nodes = await Promise.all(texts.map((text, index) => openNode(`studio-${index + 1}`, text, controller)));
  const others: FleetNode[] = [];
  const exo = { state: "running", managed: false, generation: "classic", apiPort: 52_415 } as const;
  const fleet = {
    nodes: (): readonly FleetNode[] => [
      ...nodes.map(({ name, link }) => ({
        member: aMember(name),
        link,
        report: { value: reportOf(name, { exo }), at: 0, from: "agent" as const },
      })),
      ...others,
    ],
    refresh: async () => {},
    forgetRemoved: async () => {},
    close: async () => {},
  };
  const work = createClassicWork({ fleet, lifetime: new AbortController().signal });
  const told: ProgressLine[] = [];
  return {
    nodes,
    others,
    work,
    told,
    report: (line: ProgressLine): void => void told.push(line),
    texts: () => Promise.all(nodes.map((node) => node.text())),
    close: async () => {
      for (const node of nodes) await node.close();
      tls.DEFAULT_MIN_VERSION = before;
    },
  };
}
export type ClassicCluster = Awaited<ReturnType<typeof openClassicCluster>>;
