/** Import directions between the folders of src/: a stage may import itself and what stands before it in this list. */
const stages = [
  ["runtime", "cluster"],
  ["config", "models"],
  ["discover"],
  ["inventory"],
  ["plan"],
  ["register"],
  ["apply"],
  ["route"],
  ["gateway", "jobs"],
  ["controller"],
  ["simulate"],
  ["processes"],
  ["cli"],
];

/** The agent stands beside the list; a simulated Mac is an agent with other probes, and processes put everything together. */
const also = {
  cluster: ["runtime"],
  simulate: ["agent"],
  processes: ["agent", "adapters"],
  cli: ["agent", "adapters"],
};

const upTo = (index) => stages.slice(0, index).flat();
const folder = (names) => `^src/(${names.join("|")})/`;

const directions = stages.flatMap((group, index) =>
  group.map((name) => {
    const alsoImport = also[name] ?? [];
    const mayImport = [name, ...upTo(index), ...alsoImport];
    return {
      name: `${name}-imports-up-the-list-only`,
      severity: "error",
      from: { path: folder([name]) },
      to: { path: "^src/", pathNot: folder(mayImport) },
    };
  }),
);

/** These stages turn values into values: no clock, no disk, no network. */
const pure = ["cluster", "config", "models", "plan", "register", "apply", "route"];

module.exports = {
  forbidden: [
    ...directions,
    {
      name: "agent-imports-little",
      severity: "error",
      from: { path: folder(["agent"]) },
      to: { path: "^src/", pathNot: folder(["agent", "runtime", "cluster", "models", "register"]) },
    },
    {
      name: "adapters-do-not-import-each-other",
      severity: "error",
      from: { path: "^src/adapters/([^/]+)/" },
      to: { path: "^src/adapters/", pathNot: "^src/adapters/$1/" },
    },
    {
      name: "adapters-stay-below-processes",
      severity: "error",
      from: { path: folder(["adapters"]) },
      to: { path: folder(["processes", "cli"]) },
    },
    {
      name: "pure-stages-reach-nothing",
      severity: "error",
      from: { path: folder(pure) },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, pathNot: "^src/(cli/main|processes/simulated-(exo|classic-exo|converter)-main)\\.ts$" },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "src/adapters/grpc/generated" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
  },
};
