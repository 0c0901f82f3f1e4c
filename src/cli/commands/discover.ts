import type { Command } from "commander";
import type { ClusterSpec } from "../../config/cluster-spec.js";
import { type HostPort, parseHostPort } from "../../config/host-port.js";
import type { DiscoveredHost } from "../../controller/status-report.js";
import { escapeControls } from "../../runtime/escape-controls.js";
import { Problem } from "../../runtime/problem.js";
import { readListenMs, readNamespaces, readUdpPorts } from "../discover-options.js";
import { readExoHosts } from "../exo-hosts.js";
import { controllerOf } from "../find-controller.js";
import { type CommonOptions, withCommonOptions } from "../options.js";
import { palette, printResult, widthOf } from "../output.js";
import { progressOn } from "../progress.js";
import { readSpecFile } from "../read-spec-file.js";
import { renderDiscovered } from "../render/discover-view.js";

interface DiscoverOptions extends CommonOptions {
  readonly for: string;
  readonly deep?: true;
  readonly namespace: readonly string[];
  readonly exo?: string;
  readonly udpPort?: string;
}

/** `exoctl discover`: who is out there, and why it is or is not usable. */
export function addDiscoverCommand(program: Command): void {
  withCommonOptions(program.command("discover"))
    .description("who is out there, and for each why it is or is not usable")
    .option("--for <duration>", "how long to listen, such as 10s", "3s")
    .option("--deep", "also ask exo after 1.0.71 over IPv6, and show machines of which little is known")
    .option(
      "--namespace <name>",
      "namespace of exo after 1.0.71 to ask for, with --deep; may be repeated",
      (name: string, before: readonly string[]) => [...before, name],
      [] as readonly string[],
    )
    .option("--exo <host,...>", "also ask these hosts whether exo runs there")
    .option("--udp-port <port,...>", "UDP ports to hear exo 0.0.x on (default: 5678)")
    .action(async (options: DiscoverOptions) => {
      const found = await look(options);
      await printResult(found, options.output, () =>
        renderDiscovered(found, { colors: palette(process.stdout), width: widthOf(process.stdout) }),
      );
    });
}

async function look(options: DiscoverOptions): Promise<readonly DiscoveredHost[]> {
  const spec = await readSpecFile(options.file);
  const wanted = {
    spec,
    listenMs: readListenMs(options.for),
    depth: options.deep === true ? "deep" : "plain",
    namespaces: readNamespaces(options.namespace),
    udpPorts: readUdpPorts(options.udpPort),
    exoHosts: options.exo === undefined ? [] : readExoHosts(options.exo, spec),
  } as const;
  if (wanted.namespaces.length > 0 && wanted.depth === "plain")
    throw new Problem("usage", "namespace_without_deep", "--namespace needs --deep", "Add --deep.");
  const known = await askController(options);
  if (known?.simulated === true) return known.hosts;
  const { lookAround } = await import("../../processes/look-around.js");
  const { strangerHost } = await import("../../controller/list-discovered.js");
  const { mergeDiscovered } = await import("../../controller/merge-discovered.js");
  const step = terminalStep(`Listening for ${options.for}`);
  const enrolled = known?.hosts.flatMap((host) => exoPlace(host, spec) ?? []);
  const around = await lookAround({ ...wanted, enrolled }, new AbortController().signal).finally(step);
  const listed = known?.hosts ?? around.agents.map(strangerHost);
  const { hosts, hiddenMachines } = mergeDiscovered(listed, around, known === undefined ? "nobody" : "controller");
  for (const trouble of around.findings.troubles) process.stderr.write(`discover: ${escapeControls(trouble)}\n`);
  if (hiddenMachines > 0)
    process.stderr.write(
      `discover: ${hiddenMachines} more with remote login that do not say that they are Mac Studios; --deep shows them\n`,
    );
  return hosts;
}

/** Where the exo of a host should be: an agent's own port says nothing about it. */
function exoPlace({ address, kind }: DiscoveredHost, spec: ClusterSpec): HostPort | undefined {
  const place = parseHostPort(address, spec.exo.apiPort);
  return place === undefined || kind === "exo" ? place : { ...place, port: spec.exo.apiPort };
}

/** A controller knows who is enrolled; simulated Macs are all that a simulation has. */
async function askController(
  options: DiscoverOptions,
): Promise<{ readonly hosts: readonly DiscoveredHost[]; readonly simulated: boolean } | undefined> {
  const controller = controllerOf(options);
  try {
    const [hosts, info] = await Promise.all([controller.discover(), controller.info()]);
    return { hosts, simulated: info.simulated };
  } catch (error) {
    if (error instanceof Problem && error.code === "no_controller") return undefined;
    throw error;
  }
}

/** Shows on a terminal what takes so long; elsewhere it would be noise. Returns what takes it away. */
function terminalStep(title: string): () => void {
  if (process.stderr.isTTY !== true) return () => {};
  const step = progressOn(process.stderr).step(title);
  return () => step.done();
}
