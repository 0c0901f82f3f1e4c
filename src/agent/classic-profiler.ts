/**
 * A stand-in for macOS's `system_profiler` for one exo alone: it runs the real tool and changes the one line that exo 0.0.x
 * computes its layers from. A unit other than GB is taken for MB by exo, which gives a resolution of 1 MB. Everything else, as the
 * list of network interfaces, passes through.
 *
 * @param real absolute path of the real tool
 */
export function profilerText(real: string, memoryMb: number): string {
  const quoted = `'${real.replaceAll("'", "'\\''")}'`;
  return [
    "#!/bin/sh",
    `# Made by exoctl for exo.classic.forceLayers: exo takes ${memoryMb} MB for this machine's memory. Nothing else sees this file.`,
    "PATH=$PATH:/usr/bin:/bin",
    `if [ "$#" -ne 1 ] || [ "$1" != SPHardwareDataType ]; then exec ${quoted} "$@"; fi`,
    `told=$(${quoted} "$@") || exit $?`,
    `printf '%s\\n' "$told" | grep -v '^ *Memory:'`,
    `printf '      Memory: %s MB\\n' ${memoryMb}`,
    "",
  ].join("\n");
}
