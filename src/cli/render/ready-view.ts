import type { Colors } from "picocolors/types.js";
import type { ControllerInfo } from "../../controller/admin-api.js";
import type { OpenLink } from "../../controller/sessions/sessions-api.js";
import { clientSettings, renderEnv } from "./env-view.js";

/**
 * What a person needs once the cluster is up: addresses, settings to paste, and how it ends.
 *
 * @param link for the first browser, where there is an admin port
 */
export function renderReady(info: ControllerInfo, link: OpenLink | undefined, colors: Colors): readonly string[] {
  const end = info.simulated
    ? "Ctrl-C ends the simulated cluster."
    : "Ctrl-C ends the controller; exo and its instances go on.";
  return [
    "",
    `${colors.bold("Gateway")}  ${colors.cyan(`${info.gateway}/v1`)}  (OpenAI-compatible; models: ${info.models.join(", ")})`,
    ...(link === undefined
      ? []
      : [`${colors.bold("Admin")}    ${colors.cyan(link.url)}  (once, within two minutes; then: npx exoctl open)`]),
    "",
    ...renderEnv(clientSettings("openai", info)).map((line) => `  ${line}`),
    "",
    `In another terminal: ${colors.bold("npx exoctl status")}, ${colors.bold('npx exoctl run gpt-oss-120b "..."')}`,
    colors.dim(end),
  ];
}
