import { foundText, type UnplacedIssue } from "./config-issue.js";
import { nearestWord } from "./nearest-word.js";

type Mapping = Readonly<Record<string, unknown>>;

const mapping = (value: unknown): Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Names of the file's models by index; undefined where a model has no usable name. */
const modelNames = (file: Mapping): readonly (string | undefined)[] =>
  list(file.models).map((model) => {
    const { name } = mapping(model);
    return typeof name === "string" ? name : undefined;
  });

function duplicateModels(names: readonly (string | undefined)[]): UnplacedIssue[] {
  return names.flatMap((name, index) =>
    name === undefined || names.indexOf(name) === index
      ? []
      : [
          {
            path: ["models", index, "name"],
            at: "value" as const,
            expected: "each model once",
            problem: `found ${JSON.stringify(name)} again`,
          },
        ],
  );
}

function badAliases(file: Mapping, names: readonly string[]): UnplacedIssue[] {
  const known = file.models === undefined || file.models === null ? ["gpt-oss-120b"] : names;
  return Object.entries(mapping(mapping(file.gateway).aliases)).flatMap(([alias, target]): UnplacedIssue[] => {
    const path = ["gateway", "aliases", alias];
    if (!/^[A-Za-z0-9][\w.:/-]{0,95}$/.test(alias))
      return [
        {
          path,
          at: "key",
          expected: "a name of letters, digits, dots, dashes, colons and slashes",
          problem: foundText(alias),
        },
      ];
    if (known.includes(alias))
      return [{ path, at: "key", expected: "a name that no model of this file has", problem: foundText(alias) }];
    if (target !== null && (typeof target !== "string" || known.includes(target))) return [];
    const meant = typeof target === "string" ? nearestWord(target, known) : undefined;
    const expected =
      known.length === 0 ? "a model of this file, which has none" : `a model of this file (${known.join(", ")})`;
    const problem = `${foundText(target)}${meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`}`;
    return [{ path, at: "value", expected, problem }];
  });
}

function badNodeNames(file: Mapping): UnplacedIssue[] {
  return Object.keys(mapping(file.nodes))
    .filter((name) => !/^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/.test(name))
    .map((name) => ({
      path: ["nodes", name],
      at: "key",
      expected: "a node's name: letters, digits, dots, dashes and underscores, at most 63",
      problem: foundText(name),
    }));
}

/** Without mDNS nobody but the listed hosts can ever take layers. */
function tooFewHosts(file: Mapping): UnplacedIssue[] {
  const { mdns, hosts } = mapping(file.discovery);
  if (mdns !== false || !Array.isArray(hosts) || hosts.length === 0) return [];
  return list(file.models).flatMap((model, index): UnplacedIssue[] => {
    const { minNodes } = mapping(mapping(model).serve);
    if (typeof minNodes !== "number" || minNodes <= hosts.length) return [];
    const expected = `at most ${hosts.length}, the number of discovery.hosts, as mDNS is off`;
    return [{ path: ["models", index, "serve", "minNodes"], at: "value", expected, problem: foundText(minNodes) }];
  });
}

function duplicateHosts(file: Mapping): UnplacedIssue[] {
  const hosts = list(mapping(file.discovery).hosts);
  return hosts.flatMap((host, index): UnplacedIssue[] =>
    typeof host !== "string" || hosts.indexOf(host) === index
      ? []
      : [
          {
            path: ["discovery", "hosts", index],
            at: "value",
            expected: "each host once",
            problem: `${foundText(host)} again`,
          },
        ],
  );
}

/**
 * What no field can know on its own: names that must be unique, names that must lead somewhere, numbers that contradict each
 * other. Takes the file as written, so that it also works beside other mistakes.
 */
export function crossChecks(file: unknown): readonly UnplacedIssue[] {
  const top = mapping(file);
  const names = modelNames(top);
  const known = [...new Set(names.filter((name) => name !== undefined))];
  return [
    ...duplicateModels(names),
    ...badAliases(top, known),
    ...badNodeNames(top),
    ...tooFewHosts(top),
    ...duplicateHosts(top),
  ];
}
