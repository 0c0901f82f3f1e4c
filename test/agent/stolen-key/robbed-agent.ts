import { once } from "node:events";
import { lstatSync, readdirSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import tls from "node:tls";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { expect } from "vitest";
import { leaseTermKey, protocolVersionKey } from "../../../src/adapters/grpc/agent-definitions.js";
import type { ProgramSpec } from "../../../src/agent/process-host.js";
import { protocolVersion } from "../../../src/cluster/node-report.js";
import { startAgent } from "../../../src/processes/agent-process.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { createFakeProcessHost } from "../../support/agent-fake-programs.js";
import { anIdentity, type TestIdentity } from "../../support/agent-identities.js";
import { createFakeProbe } from "../../support/agent-probe-outputs.js";
import { freePort } from "../../support/agent-tiny-exo.js";
import { modelsPyText } from "../../support/classic-house.js";
import { publishedFolder } from "../../support/conversion-sources.js";
import { writeFolder } from "../../support/fake-model-files.js";
import { realClock } from "../../support/real-clock.js";
import { variants } from "../../support/registry-entries.js";

/** What must never leave the machine. It stands in a file beside the folders that the agent was told of. */
export const secret = "the-admin's-private-notes";
/** A complete model that is here; exo's own, so exoctl did not put it there. */
export const realModel = "lab/real";
/** Its folder is a link out of exo's models folders. */
export const escapingModel = "lab/escape";
/** A model with a file that is a link out of exo's models folders. */
export const mixedModel = "lab/mixed";

/** How one call ended. */
export type Outcome =
  | { readonly kind: "answered"; readonly answers: readonly unknown[] }
  | { readonly kind: "refused"; readonly code: number; readonly details: string };

interface Method {
  readonly path: string;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

/** Every call of a proto file, by `Service/Method`. */
export function methodsOf(protoFile: string): ReadonlyMap<string, Method> {
  const loaded = loadSync(protoFile, { longs: Number, enums: String, defaults: true });
  const services = Object.entries(loaded).filter(([, definition]) => !("format" in definition));
  return new Map(
    services.flatMap(([name, service]) =>
      Object.entries(service as unknown as Record<string, Method>).map(
        ([method, definition]) => [`${name.split(".").at(-1)}/${method}`, definition] as const,
      ),
    ),
  );
}

export const protoFiles = readdirSync("proto").map((name) => join("proto", name));
const methods = new Map(protoFiles.flatMap((file) => [...methodsOf(file)]));

const smuggledText = "python3 -c 'import evil'";
/** Field 1,000 of any message, a text: what some other contract might call a command. */
const smuggled = Buffer.concat([Buffer.from([0xc2, 0x3e, smuggledText.length]), Buffer.from(smuggledText)]);

/** Everything below a folder: folders by mode, all else by everything that tells a change of it. */
function listing(root: string): ReadonlyMap<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, ino, size, ctimeNs } = lstatSync(path, { bigint: true });
      return [relative(root, path), entry.isDirectory() ? `${mode}` : `${mode} ${ino} ${size} ${ctimeNs}`];
    }),
  );
}

const asIs = (value: Buffer): Buffer => value;

async function furnish(root: string): Promise<void> {
  const outside = join(root, "outside");
  await mkdir(join(outside, "evil--model"), { recursive: true });
  await writeFile(join(outside, "secret.txt"), secret);
  writeFolder(join(outside, "evil--model"), publishedFolder());
  await writeFile(join(outside, "evil--model", "config.json"), JSON.stringify({ model_type: secret }));
  const models = join(root, "exo", "models");
  await mkdir(models, { recursive: true });
  writeFolder(join(models, "lab--real"), publishedFolder());
  await symlink(join(outside, "evil--model"), join(models, "lab--escape"));
  writeFolder(join(models, "lab--mixed"), publishedFolder());
  for (const name of ["chat_template.jinja", "tokenizer.json"]) {
    await rm(join(models, "lab--mixed", name), { force: true });
    await symlink(join(outside, "secret.txt"), join(models, "lab--mixed", name));
  }
  await mkdir(join(root, "classic", "exo", "inference", "mlx", "models"), { recursive: true });
  await writeFile(join(root, "classic", "exo", "inference", "mlx", "models", "llama.py"), "");
  await writeFile(join(root, "classic", "exo", "models.py"), modelsPyText);
  await mkdir(join(root, "bin"));
  await writeFile(join(root, "bin", "system_profiler"), "#!/bin/sh\n");
  await chmod(join(root, "bin", "system_profiler"), 0o755);
}

async function leaseFrom(client: Client, metadata: Metadata): Promise<void> {
  const method = methods.get("NodeAgent/TakeLease") ?? expect.fail("there is such a call");
  const bytes = method.requestSerialize({ term: 1 });
  await new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(method.path, asIs, method.responseDeserialize, bytes, metadata, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}

/**
 * Two agents, one for exo 1.x and one for exo 0.0.x, with everything real but the programs that they start, and a thief who has the
 * controller's key and the lease.
 */
export async function openRobbedAgents() {
  const before = tls.DEFAULT_MIN_VERSION;
  const root = await mkdtemp(join(tmpdir(), "exoctl-stolen-"));
  await furnish(root);
  const [controller, identity] = (await Promise.all(["controller", "agent"].map(anIdentity))) as [
    TestIdentity,
    TestIdentity,
  ];
  const started: ProgramSpec[] = [];
  let answering = false;
  const { cardFields, requiredCardFields } = variants["1.0.71"];
  const properties = Object.fromEntries(cardFields.map((field) => [field, {}]));
  const openapi = { components: { schemas: { ModelCard: { properties, required: requiredCardFields } } } };
  const api = createServer((request, response) => {
    if (!answering) response.destroy();
    else response.end(JSON.stringify(request.url === "/node_id" ? "exo-1" : openapi));
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  const programs = createFakeProcessHost();
  const marks = join(root, "conversions.txt");
  const start = async (kind: "modern" | "classic", exo: Partial<Parameters<typeof startAgent>[0]["exo"]>) =>
    await startAgent({
      homeFolder: join(root, `agent-${kind}`),
      name: kind,
      agentVersion: "0.1.0",
      machine: "simulated",
      listen: { host: "127.0.0.1", port: 0 },
      identity,
      controller,
      hostProbe: createFakeProbe(),
      exo: {
        apiPort: kind === "modern" ? (api.address() as AddressInfo).port : await freePort(),
        cardsFolder: join(root, "exo", "cards"),
        modelsFolders: [join(root, "exo", "models")],
        generation: kind,
        start: "on-request",
        onClose: "stop",
        program: {
          command: `/opt/${kind}/exo`,
          args: ["--told-at-installation"],
          env: { PATH: join(root, "bin") },
          cwd: root,
          logFile: join(root, "log"),
        },
        ...exo,
      },
      converter: (cwd) => ({
        describe: {
          file: process.execPath,
          args: ["-e", 'console.log(\'{"version":"0.32.2","modelTypes":["gpt_oss"]}\')'],
        },
        convert: {
          file: process.execPath,
          args: [
            "-e",
            `require("fs").appendFileSync(${JSON.stringify(marks)}, JSON.stringify(process.argv.slice(1)) + "\\n")`,
            "--",
          ],
        },
        env: {},
        cwd,
      }),
      advertise: async () => async () => {},
      logger: silentLogger,
      clock: realClock,
      processHost: {
        start: async (spec) => {
          started.push(spec);
          const program = await programs.start(spec);
          const isModern = spec.command.includes("modern");
          if (isModern) answering = true;
          void program.exited.then(() => {
            if (isModern) answering = false;
          });
          return program;
        },
      },
    });
  const modern = await start("modern", {});
  const classic = await start("classic", {
    classic: {
      installations: [join(root, "classic")],
      exoHome: join(root, "classic-home"),
      currentFolder: join(root, "classic"),
    },
    classicStart: { nodePort: 52_416, engine: "dummy", memoryFrom: "system_profiler", platform: "darwin" },
  });
  const clients = [modern, classic].map(({ port }) => {
    const context = tls.createSecureContext({
      ca: identity.certificatePem,
      cert: controller.certificatePem,
      key: controller.privateKeyPem,
    });
    const secure = credentials.createFromSecureContext(context, { checkServerIdentity: () => undefined });
    return new Client(`127.0.0.1:${port}`, secure, { "grpc.ssl_target_name_override": "x" });
  });
  const metadata = new Metadata();
  metadata.set(protocolVersionKey, String(protocolVersion));
  metadata.set(leaseTermKey, "1");

  /** Makes a call as its contract has it, with a field on top that the contract does not have. */
  const call = async (name: string, request: object): Promise<Outcome> => {
    const method = methods.get(name);
    const client = clients[name.startsWith("Classic") ? 1 : 0];
    if (method === undefined || client === undefined) throw new Error(`there is no ${name}`);
    const bytes = Buffer.concat([method.requestSerialize(request), smuggled]);
    const refusal = ({ code, details }: ServiceError): Outcome => ({ kind: "refused", code, details });
    const options = { deadline: Date.now() + 20_000 };
    if (!method.responseStream)
      return await new Promise((resolve) => {
        client.makeUnaryRequest(
          method.path,
          asIs,
          method.responseDeserialize,
          bytes,
          metadata,
          options,
          (error, answer) => resolve(error === null ? { kind: "answered", answers: [answer] } : refusal(error)),
        );
      });
    const answers: unknown[] = [];
    const stream = client.makeServerStreamRequest(
      method.path,
      asIs,
      method.responseDeserialize,
      bytes,
      metadata,
      options,
    );
    // These last as long as the call, serving others: what they say first is enough.
    const lasts = name === "ModelSync/ShareModel" || name === "ModelSync/FetchModel";
    const enough = lasts ? setTimeout(() => stream.cancel(), 300) : undefined;
    return await new Promise((resolve) => {
      stream.on("data", (answer) => answers.push(answer));
      stream.on("error", (error: ServiceError) =>
        resolve(answers.length > 0 ? { kind: "answered", answers } : refusal(error)),
      );
      stream.on("end", () => resolve({ kind: "answered", answers }));
      stream.once("close", () => clearTimeout(enough));
    });
  };
  /** Takes or renews the lease of both agents: it lasts ten seconds. */
  const takeLease = async (): Promise<void> => {
    for (const client of clients) await leaseFrom(client, metadata);
  };
  const world = () => listing(root);
  return {
    root,
    controller,
    identity,
    call,
    takeLease,
    world,
    /** Programs that were started, exo's and converters'. */
    started,
    conversions: async (): Promise<readonly (readonly string[])[]> =>
      (await readFile(marks, "utf8").catch(() => ""))
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as string[]),
    close: async () => {
      for (const client of clients) client.close();
      await modern.close();
      await classic.close();
      api.close();
      await rm(root, { recursive: true, force: true });
      tls.DEFAULT_MIN_VERSION = before;
    },
  };
}

export type RobbedAgents = Awaited<ReturnType<typeof openRobbedAgents>>;
