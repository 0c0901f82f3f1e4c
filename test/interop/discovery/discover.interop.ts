import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { DiscoveredHost } from "../../../src/controller/status-report.js";
import { waitUntil } from "../../support/wait-until.js";

const run = promisify(execFile);

async function discover(...options: readonly string[]): Promise<{
  readonly hosts: readonly DiscoveredHost[];
  readonly stderr: string;
  readonly at: (address: string) => DiscoveredHost | undefined;
}> {
  const { stdout, stderr } = await run(process.execPath, ["dist/cli/main.js", "discover", "-o", "json", ...options]);
  const hosts = JSON.parse(stdout) as DiscoveredHost[];
  return { hosts, stderr, at: (address) => hosts.find((host) => host.address.split(":")[0] === address) };
}

test("without --deep: HTTP, libp2p's mDNS, broadcasts and the Mac are found, and nothing else", async () => {
  const { hosts, stderr, at } = await discover();
  expect(at("10.77.0.11")).toMatchObject({ name: "studio-libp2p", kind: "exo", usable: true, variant: "1.0.71" });
  expect(at("10.77.0.11")?.foundBy).toContain("libp2p-mdns");
  expect(at("10.77.0.14")).toMatchObject({ name: "old-studio", generation: "0.0.x", usable: false });
  expect(at("10.77.0.14")?.foundBy).toContain("udp-beacon");
  expect(at("10.77.0.15")).toMatchObject({ name: "Büro Studio", kind: "mac", macModel: "Mac15,14", macosMajor: 26 });
  expect(at("10.77.0.15")?.why).toContain("exoctl token create --for Buro-Studio");
  expect(hosts).toHaveLength(3);
  expect(hosts.flatMap((host) => host.problems ?? []).map((problem) => problem.code)).toContain("generations");
  expect(stderr).toBe("");
});

test("with --deep: newest exo is asked over IPv6, and other namespaces show", async () => {
  const { hosts, stderr, at } = await discover("--deep", "--exo", "10.77.0.12,10.77.0.13");
  expect(at("10.77.0.12")).toMatchObject({ name: "studio-zenoh", variant: "after 1.0.71", namespace: "0.3.70" });
  expect(at("10.77.0.13")).toMatchObject({
    name: "studio-secret",
    namespace: expect.stringMatching(/^#[0-9a-f]{16}$/),
  });
  const codes = new Set(hosts.flatMap((host) => host.problems ?? []).map((problem) => problem.code));
  expect(codes).toEqual(new Set(["generations", "transports", "namespaces"]));
  expect(hosts.filter((host) => host.address.startsWith("10.77.0.15"))).toHaveLength(1);
  expect(stderr).toBe("");
});

test("a namespace that is asked for by name is named", async () => {
  const { hosts } = await discover("--deep", "--namespace", "attic");
  const secret = hosts.filter((host) => host.namespace === "attic");
  expect(secret).toMatchObject([{ kind: "exo", usable: false, nodeId: "a81d3e77c2904f5bb6d2e9f011223344" }]);
  expect(secret[0]?.problems?.map((problem) => problem.code)).toContain("no-api");
});

test("through a controller, an exo without an agent is not usable until it has one", async () => {
  const up = spawn(process.execPath, ["dist/cli/main.js", "up", "--exo", "10.77.0.11"], { stdio: "ignore" });
  const ended = once(up, "exit");
  try {
    const socket = `${process.env.EXOCTL_HOME}/controller.sock`;
    await waitUntil(() => existsSync(socket), "the controller's socket");
    const { at } = await discover("--exo", "10.77.0.12", "--for", "500ms");
    expect(at("10.77.0.12")).toMatchObject({ usable: false, why: expect.stringContaining("exoctl token create") });
  } finally {
    up.kill("SIGINT");
    await ended;
  }
});
