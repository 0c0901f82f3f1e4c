/** Clients of the gateway that `exoctl env` knows. */
export type ClientKind = "openai" | "claude-code" | "open-webui";

/** Settings for one client. */
export interface ClientSettings {
  readonly client: ClientKind;
  /** Environment variables, in the order in which they are printed. Empty when this gateway can't serve the client. */
  readonly env: Readonly<Record<string, string>>;
  /** What else the reader has to know, one sentence each. */
  readonly notes: readonly string[];
}

/** What the settings depend on. */
interface GatewayFacts {
  /** Such as `http://127.0.0.1:8415`. */
  readonly gateway: string;
  /** Names that clients may use. */
  readonly models: readonly string[];
  readonly keys: "asked" | "not-asked";
}

/** Clients insist on a key; a gateway without keys ignores it. */
const anyKey = "exoctl";

/** The settings with which a client reaches the gateway. */
export function clientSettings(client: ClientKind, facts: GatewayFacts): ClientSettings {
  const base = `${facts.gateway}/v1`;
  const [first] = facts.models;
  const models = first === undefined ? "No model is served yet." : `Models: ${facts.models.join(", ")}.`;
  const asked = facts.keys === "asked";
  const key = asked ? {} : { OPENAI_API_KEY: anyKey };
  const keyNote = asked ? ["Set OPENAI_API_KEY to a key: `exoctl keys create NAME` makes one."] : [];
  switch (client) {
    case "openai":
      return { client, env: { OPENAI_BASE_URL: base, ...key }, notes: [models, ...keyNote] };
    case "open-webui":
      return {
        client,
        env: { OPENAI_API_BASE_URL: base, ...key, ENABLE_OLLAMA_API: "False" },
        notes: [
          models,
          ...keyNote,
          `Set these where \`open-webui serve\` is started${asked ? "" : ", on the machine of the gateway"}.`,
        ],
      };
    case "claude-code":
      return {
        client,
        env: {},
        notes: ["Claude Code speaks the Anthropic messages API, which this version of the gateway does not serve."],
      };
    default:
      return client satisfies never;
  }
}

/** Safe to paste into a POSIX shell. */
const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The settings as shell text: comments and exports, so that `eval "$(exoctl env openai)"` works. */
export function renderEnv(settings: ClientSettings): readonly string[] {
  return [
    ...settings.notes.map((note) => `# ${note.replace(/\s+/g, " ")}`),
    ...Object.entries(settings.env).map(([name, value]) => `export ${name}=${shellWord(value)}`),
  ];
}
