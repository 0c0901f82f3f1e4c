import { expect, test } from "vitest";
import { readListenMs, readNamespaces, readUdpPorts } from "../../src/cli/discover-options.js";
import { readExoHosts } from "../../src/cli/exo-hosts.js";
import { readClusterSpec } from "../../src/config/read-cluster-spec.js";

const read = readClusterSpec("apiVersion: exoctl/v1\nexo: { apiPort: 52500 }\n", "test");
if (read.kind !== "ok") throw new Error("the cluster file is right");
const { spec } = read;

const usage = (code: string) => expect.objectContaining({ kind: "usage", code });

test("durations up to ten minutes are taken", () => {
  expect(["0s", "3s", "10m"].map(readListenMs)).toEqual([0, 3_000, 600_000]);
  for (const text of ["3", "11m", "-1s", ""]) expect(() => readListenMs(text)).toThrow(usage("bad_duration"));
});

test("hosts take the cluster's API port unless they name one", () => {
  expect(readExoHosts("10.0.0.1, studio.local:52415,[fe80::1]:1", spec)).toEqual([
    { host: "10.0.0.1", port: 52_500 },
    { host: "studio.local", port: 52_415 },
    { host: "fe80::1", port: 1 },
  ]);
  for (const text of ["", "a,,b", "a:0", "a:99999", "a b"])
    expect(() => readExoHosts(text, spec)).toThrow(usage("bad_exo_host"));
});

test("namespaces and UDP ports are checked", () => {
  expect(readNamespaces(["attic", "书"])).toEqual(["attic", "书"]);
  for (const text of ["", "x".repeat(201)]) expect(() => readNamespaces([text])).toThrow(usage("bad_namespace"));
  expect(readUdpPorts(undefined)).toEqual([5_678]);
  expect(readUdpPorts("5678, 5700")).toEqual([5_678, 5_700]);
  for (const text of ["", "0", "65536", "1,x"]) expect(() => readUdpPorts(text)).toThrow(usage("bad_udp_port"));
});
