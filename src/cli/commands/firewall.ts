import { networkInterfaces } from "node:os";
import type { Command } from "commander";
import { isExposed } from "../../discover/exposure/judge-exposure.js";
import type { OwnNetwork } from "../../discover/exposure/vantage.js";
import { exitCodeOf } from "../exit-code.js";
import { allowedSources, hostsToCheck } from "../firewall-hosts.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn } from "../progress.js";
import { renderExposure } from "../render/exposure-view.js";

interface PfOptions extends CommonOptions {
  readonly allow: readonly string[];
}

/** `exoctl firewall`: exo lets in whoever reaches it, so nobody else should. */
export function addFirewallCommand(program: Command): void {
  const firewall = program
    .command("firewall")
    .description("whether exo's own ports are closed to the outside, and a packet filter that closes them");
  withCommonOptions(firewall.command("check"))
    .description(
      "try exo's ports from this machine: run it outside the cluster's network to prove that they are closed",
    )
    .argument("[host...]", "addresses of the nodes; without them those that the controller knows")
    .action(async (hosts: readonly string[], options: CommonOptions) => {
      const { checkExposure } = await import("../../discover/exposure/check-exposure.js");
      const { createSocketPortProbe } = await import("../../adapters/exo-discovery/socket-port-probe.js");
      const checked = await hostsToCheck(hosts, options);
      const step = process.stderr.isTTY ? progressOn(process.stderr).step("Trying exo's ports") : undefined;
      const from = { probe: createSocketPortProbe(), own: ownNetworks() };
      const found = await checkExposure(checked, from, new AbortController().signal).finally(() => step?.done());
      await printResult(found, options.output, () =>
        renderExposure(found, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
      if (isExposed(found)) process.exitCode = exitCodeOf("failed");
    });
  withCommonOptions(firewall.command("pf"))
    .description("print a packet filter file for the Macs of the cluster, for review; nothing is applied")
    .argument("[host...]", "addresses of the nodes; without them those that the controller knows")
    .option(
      "--allow <address>",
      "who else may reach exo, such as the controller when this is not it; may be repeated",
      (text: string, before: readonly string[]) => [...before, text],
      [] as readonly string[],
    )
    .action(async (hosts: readonly string[], options: PfOptions) => {
      const { renderPf } = await import("../../discover/exposure/render-pf.js");
      const allowed = await allowedSources(hosts, options.allow, ownNetworks(), options);
      await printResult({ allowed, pf: renderPf(allowed) }, options.output, () => [renderPf(allowed).trimEnd()]);
    });
}

const ownNetworks = (): readonly OwnNetwork[] =>
  Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ address, cidr, internal }) => (internal || cidr === null ? [] : [{ address, cidr }])),
  );
