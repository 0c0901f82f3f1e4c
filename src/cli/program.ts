import { Command } from "commander";
import { addAgentCommand } from "./commands/agent.js";
import { addApplyCommand } from "./commands/apply.js";
import { addAuditCommand } from "./commands/audit.js";
import { addBackupCommands } from "./commands/backup.js";
import { addDiscoverCommand } from "./commands/discover.js";
import { addEnvCommand } from "./commands/env.js";
import { addFirewallCommand } from "./commands/firewall.js";
import { addKeysCommand } from "./commands/keys.js";
import { addModelCommand } from "./commands/model.js";
import { addNodesCommand } from "./commands/nodes.js";
import { addOpenCommand } from "./commands/open.js";
import { addPlanCommand } from "./commands/plan.js";
import { addRotateKeyCommand } from "./commands/rotate-key.js";
import { addRunCommand } from "./commands/run.js";
import { addStatusCommand } from "./commands/status.js";
import { addTokenCommand } from "./commands/token.js";
import { addUpCommand } from "./commands/up.js";
import { withControllerOptions } from "./remote-controller.js";
import { version } from "./version.js";

/** Error output ends up in logs of services, and the value of an option that there is not may be a secret put into the wrong place. */
const withoutValue = (text: string): string =>
  text.replace(/unknown option '(--?[\w-]+)=[^']*'/, "unknown option '$1'");

/** The whole command line. Commands load what they need when they run, so that `--help` stays fast. */
export function createProgram(): Command {
  const program = new Command("exoctl")
    .description("The orchestrator for exo clusters of Mac Studios")
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(withoutValue(text)) })
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for what this command takes)");
  for (const add of [
    addUpCommand,
    addAgentCommand,
    addTokenCommand,
    addNodesCommand,
    addKeysCommand,
    addRotateKeyCommand,
    addBackupCommands,
    addDiscoverCommand,
    addFirewallCommand,
    addPlanCommand,
    addModelCommand,
    addApplyCommand,
    addRunCommand,
    addStatusCommand,
    addOpenCommand,
    addAuditCommand,
    addEnvCommand,
  ])
    add(program);
  withControllerOptions(program);
  return program;
}
