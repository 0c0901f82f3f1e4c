import type { RotatedKey } from "../../controller/nodes/nodes-api.js";
import { bullet, type Page, plainText } from "./page.js";

/** What `exoctl rotate-key` prints. */
export function renderRotatedKey({ outcome, pinWords, behind }: RotatedKey, page: Page): readonly string[] {
  const what = outcome === "started" ? "The controller has a new key" : "The change of the controller's key goes on";
  const done = behind.length === 0 ? "Every node answers it and no other; the key before is destroyed." : "";
  return [
    ...bullet("", `${what}: ${pinWords}`, page),
    ...(done === "" ? [] : bullet("", done, page)),
    ...(outcome === "started"
      ? bullet(
          "",
          "Join tokens made before are good no more, and a backup made before holds a key that no node answers: make a new one.",
          page,
        )
      : []),
    ...behind.flatMap(({ node, why }) =>
      bullet("  ", `${plainText(node)} still answers the key before: ${plainText(why)}`, page),
    ),
  ];
}
