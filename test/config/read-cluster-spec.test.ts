import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settingsOfNode } from "../../src/config/cluster-spec.js";
import { readClusterSpec } from "../../src/config/read-cluster-spec.js";

/** The mistakes of a text, each as `line:column path: expected …, found …`. */
function mistakes(text: string): readonly string[] {
  const read = readClusterSpec(text, "cluster.yaml");
  if (read.kind === "ok") return [];
  return read.issues.map(
    ({ line, column, path, expected, problem }) => `${line}:${column} ${path}: expected ${expected}, ${problem}`,
  );
}

function spec(text: string) {
  const read = readClusterSpec(`apiVersion: exoctl/v1\n${text}`, "cluster.yaml");
  if (read.kind === "invalid") throw new Error(JSON.stringify(read.issues));
  return read.spec;
}

describe("a good file", () => {
  test("needs nothing but its version; the rest has defaults", () => {
    expect(spec("")).toEqual({
      apiVersion: "exoctl/v1",
      cluster: { name: "studio" },
      enrolment: { approval: "none" },
      discovery: { mdns: true, interface: "auto", hosts: [] },
      nodes: { defaults: { headroomBytes: 3 * 2 ** 30, cordon: false }, named: new Map() },
      exo: {
        generation: "auto",
        apiPort: 52_415,
        manage: true,
        classic: { forceLayers: false, engine: "mlx", patched: false },
      },
      models: [
        {
          name: "gpt-oss-120b",
          quantization: "MXFP4-Q8",
          entry: "own",
          source: { kind: "exo" },
          serve: {
            context: 32_768,
            concurrency: 4,
            objective: "latency",
            sharding: "pipeline",
            replicas: 1,
            minNodes: 2,
          },
        },
      ],
      gateway: {
        listen: { host: "127.0.0.1", port: 8415 },
        keys: "auto",
        tls: "none",
        hosts: [],
        origins: [],
        aliases: {},
        queue: { maxWaiting: 256, timeoutMs: 120_000 },
        fallbacks: [],
      },
      admin: { listen: { host: "127.0.0.1", port: 8416 }, tls: "none", hosts: [] },
      jobs: { concurrency: "auto" },
    });
  });

  test("the admin port can be switched off", () => {
    expect(spec("admin: { listen: off }").admin.listen).toBe("off");
  });

  test("may leave sections empty, as when all their lines are comments", () => {
    expect(spec("cluster:\nnodes:\n  studio-1:\nmodels:\ngateway:\n  queue:\n")).toEqual(spec(""));
  });

  test("can serve no model at all", () => {
    expect(spec("models: []").models).toEqual([]);
  });

  test("gives a named node what it says and the defaults for the rest", () => {
    const { nodes, ...rest } = spec(
      "nodes: { defaults: { headroom: 4GB }, mini: { cordon: true }, big: { headroom: 1.5TiB } }",
    );
    const all = { ...rest, nodes };
    expect(settingsOfNode(all, "mini")).toEqual({ headroomBytes: 4e9, cordon: true });
    expect(settingsOfNode(all, "big")).toEqual({ headroomBytes: 1.5 * 2 ** 40, cordon: false });
    expect(settingsOfNode(all, "other")).toEqual({ headroomBytes: 4e9, cordon: false });
  });

  test("names hosts with and without a port, by IPv6 too", () => {
    const { hosts } = spec(
      'discovery: { hosts: [mac.local, "10.0.0.2:9000", "[fe80::1%en5]", "[::1]:8417"] }',
    ).discovery;
    expect(hosts).toEqual([
      { host: "mac.local", port: 8417 },
      { host: "10.0.0.2", port: 9000 },
      { host: "fe80::1%en5", port: 8417 },
      { host: "::1", port: 8417 },
    ]);
  });

  test("says where weights come from", () => {
    const sources = ["exo", "/Volumes/models/x", "~/models", "node:studio-1"].map(
      (source) => spec(`models: [{ name: m, source: "${source}" }]`).models[0]?.source,
    );
    expect(sources).toEqual([
      { kind: "exo" },
      { kind: "folder", path: "/Volumes/models/x" },
      { kind: "folder", path: "~/models" },
      { kind: "node", node: "studio-1" },
    ]);
  });

  test("may use anchors, comments, CRLF and a byte order mark", () => {
    const text =
      "\uFEFFapiVersion: exoctl/v1 # x\r\nmodels:\r\n  - &m { name: a }\r\n  - { name: b, serve: &s { context: 10 } }\r\n";
    expect(mistakes(text)).toEqual([]);
  });
});

test("every mistake of a file is reported at once, with its place and what was expected", () => {
  const text = `apiVersion: exoctl/v2
cluster: { name: Studio One }
discovery: { mdns: yes, interfce: auto, hosts: [10.0.0.1, "10.0.0.1:99999", 10.0.0.1] }
nodes:
  defaults: { headroom: 3 }
  "bad name!": { cordon: maybe }
exo: { generation: moderm, apiPort: 70000 }
models:
  - name: gpt-oss-120b
    serve: { context: lots, concurrency: 0, objective: latncy, replicas: 2 }
  - name: gpt-oss-120b
  - quantization: q4
  - name: ../evil
gateway:
  listen: 127.0.0.1:52415
  aliases: { think: gpt-oss-120, nowhere: }
  queue: { maxWaiting: -1, timeout: 120 }
mdoels: []
`;
  expect(mistakes(text)).toEqual([
    '1:13 apiVersion: expected exoctl/v1, found "exoctl/v2" (did you mean "exoctl/v1"?)',
    '2:18 cluster.name: expected lower-case letters, digits and dashes, at most 32, found "Studio One"',
    '3:20 discovery.mdns: expected true or false, found "yes"',
    '3:25 discovery.interfce: expected one of mdns, interface, hosts, found the unknown key "interfce" (did you mean "interface"?)',
    '3:59 discovery.hosts[1]: expected a host, or a host and a port from 1 to 65535, such as 10.0.0.11 or 10.0.0.11:8417, found "10.0.0.1:99999"',
    '3:77 discovery.hosts[2]: expected each host once, found "10.0.0.1" again',
    "5:25 nodes.defaults.headroom: expected a size with its unit, such as 3GiB or 24GB, found 3",
    '6:3 nodes.bad name!: expected a node\'s name: letters, digits, dots, dashes and underscores, at most 63, found "bad name!"',
    '6:26 nodes.bad name!.cordon: expected true or false, found "maybe"',
    '7:20 exo.generation: expected one of auto, modern, classic, found "moderm" (did you mean "modern"?)',
    "7:37 exo.apiPort: expected a whole number from 1 to 65535, found 70000",
    '10:23 models[0].serve.context: expected a whole number above 0, found "lots"',
    "10:42 models[0].serve.concurrency: expected a whole number from 1 to 1024, found 0",
    '10:56 models[0].serve.objective: expected one of latency, bottleneck, throughput, found "latncy" (did you mean "latency"?)',
    "10:74 models[0].serve.replicas: expected 1 or auto, found 2",
    '11:11 models[1].name: expected each model once, found "gpt-oss-120b" again',
    "12:5 models[2].name: expected a model's name such as gpt-oss-120b, or owner/name, found nothing",
    '12:19 models[2].quantization: expected one of MXFP4-Q8, MXFP4-Q4, affine-4, affine-8, bf16, found "q4"',
    '13:11 models[3].name: expected a model\'s name such as gpt-oss-120b, or owner/name, found "../evil"',
    '15:11 gateway.listen: expected a port outside 52413 to 52415, which exo uses itself, found "127.0.0.1:52415"',
    '16:21 gateway.aliases.think: expected a model of this file (gpt-oss-120b, ../evil), found "gpt-oss-120" (did you mean "gpt-oss-120b"?)',
    "16:34 gateway.aliases.nowhere: expected a model of this file (gpt-oss-120b, ../evil), found nothing",
    "17:24 gateway.queue.maxWaiting: expected a whole number from 0 to 1000000, found -1",
    "17:37 gateway.queue.timeout: expected a duration with its unit, such as 120s or 5m, found 120",
    '18:1 mdoels: expected one of apiVersion, cluster, enrolment, discovery, nodes, exo, models, gateway, admin, jobs, found the unknown key "mdoels" (did you mean "models"?)',
  ]);
});

describe("mistakes that no single field shows", () => {
  test("an alias that hides a model", () => {
    expect(mistakes("apiVersion: exoctl/v1\ngateway: { aliases: { gpt-oss-120b: gpt-oss-120b } }")).toEqual([
      '2:23 gateway.aliases.gpt-oss-120b: expected a name that no model of this file has, found "gpt-oss-120b"',
    ]);
  });

  test("more nodes than the list of hosts has, where nobody else can be found", () => {
    const file = (mdns: boolean) =>
      `apiVersion: exoctl/v1\ndiscovery: { mdns: ${mdns}, hosts: [a] }\nmodels: [{ name: x, serve: { minNodes: 2 } }]`;
    expect(mistakes(file(false))).toEqual([
      "3:40 models[0].serve.minNodes: expected at most 1, the number of discovery.hosts, as mDNS is off, found 2",
    ]);
    expect(mistakes(file(true))).toEqual([]);
  });
});

describe("broken YAML", () => {
  test.each([
    [
      "a key twice",
      "apiVersion: exoctl/v1\ncluster: { name: a }\ncluster: { name: b }\nexo: { apiPort: x }\n",
      [
        "3:1 : expected each key once, found cluster again",
        '4:17 exo.apiPort: expected a whole number from 1 to 65535, found "x"',
      ],
    ],
    [
      "what stands before the break is still checked",
      'apiVersion: exoctl/v1\nexo: { apiPort: x }\nmodels:\n  - name: "gpt\n  serve: x\n',
      [
        '2:17 exo.apiPort: expected a whole number from 1 to 65535, found "x"',
        '6:1 : expected valid YAML, found this mistake: Missing closing "quote',
      ],
    ],
    [
      "a tab",
      "apiVersion: exoctl/v1\n\tcluster: x\n",
      ["2:1 : expected spaces for indentation, found this mistake: Tabs are not allowed as indentation"],
    ],
    [
      "an anchor that is nowhere",
      "apiVersion: exoctl/v1\ncluster: *nope\n",
      ["2:10 : expected an anchor defined above, found *nope"],
    ],
    [
      "an anchor around its own reference",
      "apiVersion: exoctl/v1\nnodes: &n { a: { b: [*n] } }\n",
      ["2:22 : expected an anchor whose value does not contain itself, found *n"],
    ],
    ["an empty file", "", ["1:1 apiVersion: expected exoctl/v1, found nothing"]],
    ["a list", "- a\n- b", ["1:1 : expected a mapping of keys to values, found a list"]],
    [
      "two documents",
      "apiVersion: exoctl/v1\n---\napiVersion: exoctl/v1\n",
      [expect.stringMatching(/^2:1 : expected one document/)],
    ],
    [
      "aliases that explode",
      `apiVersion: exoctl/v1\na: &a [${"x,".repeat(10)}]\nb: &b [${"*a,".repeat(10)}]\nc: &c [${"*b,".repeat(10)}]\nd: [${"*c,".repeat(10)}]`,
      [expect.stringMatching(/Excessive alias count/)],
    ],
    [
      "a name of JavaScript's own",
      "apiVersion: exoctl/v1\n__proto__: { a: 1 }\nconstructor: 1\n",
      [
        expect.stringMatching(/^2:1 __proto__: .*unknown key "__proto__"/),
        expect.stringMatching(/^3:1 constructor: .*unknown key "constructor"/),
      ],
    ],
  ])("%s", (_, text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  test("a key that is itself a mapping is a mistake, and forty of them in each other take no time", () => {
    const read = readClusterSpec(`apiVersion: exoctl/v1\nmodels:\n  - &a${"{".repeat(40)}\n  - *a\n`, "cluster.yaml");
    expect(read.kind).toBe("invalid");
    expect(readClusterSpec("apiVersion: exoctl/v1\n? { a: 1 }\n: 2\n", "cluster.yaml")).toMatchObject({
      issues: [{ line: 2, expected: "a plain word as key" }],
    });
  });

  test("endless nesting ends as a mistake, however deep the stack is", () => {
    const found = mistakes("[".repeat(20_000));
    expect(found.length).toBeGreaterThan(0);
    for (const mistake of found) expect(mistake).toContain("expected valid YAML");
  });

  test("the gateway's doors are checked", () => {
    const gateway = (text: string): string => `gateway: { ${text} }`;
    const files = "{ certificate: /a.pem, key: ~/a.key }";
    expect(spec(gateway(`tls: ${files}`))?.gateway.tls).toEqual({ certificate: "/a.pem", key: "~/a.key" });
    expect(spec(gateway("tls: { terminatedBy: proxy }"))?.gateway.tls).toEqual({ terminatedBy: "proxy" });
    expect(
      spec(gateway("hosts: [AI.Example.com, '*.lan'], origins: ['https://Chat.example.com:443']"))?.gateway,
    ).toMatchObject({ hosts: ["ai.example.com", "*.lan"], origins: ["https://chat.example.com"] });
    const mistakesIn = (text: string) => mistakes(`apiVersion: exoctl/v1\n${gateway(text)}`);
    const bad = [
      "tls: { certificate: /a.pem }",
      "tls: { certificate: a.pem, key: /a.key }",
      "tls: { certificate: /a.pem, key: /a.key, terminatedBy: proxy }",
      "tls: { terminatedBy: nginx }",
      "tls: yes",
      "keys: off",
      "hosts: ['ai.example.com:8415']",
      "hosts: ['*']",
      "origins: ['*']",
      "origins: ['https://a.example/path']",
      "origins: ['https://a:99999']",
    ];
    for (const text of bad) expect([text, mistakesIn(text).length]).toEqual([text, 1]);
    expect(mistakesIn("tls: { certificate: /a.pem }")[0]).toContain("terminatedBy: proxy");
  });

  test("no text makes the reader throw or point outside the file", () => {
    const word = fc.constantFrom(
      "apiVersion: exoctl/v1",
      "models:",
      "  - name: a",
      "\tx",
      "*a",
      "&a",
      "{",
      "]",
      '"',
      "nodes: {a: 1}",
      "? x",
      "!!t",
      "---",
      "- -",
      ":",
    );
    const text = fc
      .array(fc.oneof(word, fc.string({ maxLength: 8 })), { maxLength: 12 })
      .map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, (source) => {
        const read = readClusterSpec(source, "x");
        if (read.kind === "ok") return;
        expect(read.issues.length).toBeGreaterThan(0);
        const lines = source.split("\n").length;
        for (const { line, column } of read.issues) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });
});
