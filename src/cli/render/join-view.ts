import type { Colors } from "picocolors/types.js";
import type { JoinInstructions } from "../../controller/admin-api.js";

/** What to paste on a new node. The token goes in by standard input: arguments are visible to everybody on a machine. */
export function renderJoin(join: JoinInstructions, colors: Colors): readonly string[] {
  const until = new Date(join.expiresAt).toLocaleTimeString();
  return [
    `Paste this on the new node (one node, once, until ${until}):`,
    "",
    // Not indented: the shell takes only a line that is nothing but TOKEN for the end.
    colors.bold(`npx exoctl agent --controller ${join.address} --pin ${join.pin} --token-file - <<'TOKEN'`),
    colors.bold(join.token),
    colors.bold("TOKEN"),
    "",
    colors.dim("The token is a secret until it is used. Address and pin are not."),
  ];
}
