import type { ConverterProgram } from "./child-converter.js";

/** Says which mlx-lm this is and which architectures it knows. Importing it proves that MLX loads on this machine. */
const describeScript = `
import json, pkgutil
import mlx_lm, mlx_lm.models, mlx_lm.utils
names = [module.name for module in pkgutil.iter_modules(mlx_lm.models.__path__)]
names += list(getattr(mlx_lm.utils, "MODEL_REMAPPING", {}))
print(json.dumps({"version": mlx_lm.__version__, "modelTypes": sorted(names)}))
`;

/**
 * Runs the converter's command line. A process forked before anything else waits for the end of the standard input, which the
 * agent holds, and ends the whole group then. It is a process and not a thread, since MLX may hold the interpreter's lock for
 * minutes, and macOS has no other way to end a child with its parent.
 */
const convertScript = `
import os, signal, sys
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.close(1)
    os.close(2)
    while os.read(0, 65536):
        pass
    os.killpg(0, signal.SIGKILL)
import runpy
sys.argv = ["mlx_lm", "convert", *sys.argv[1:]]
runpy.run_module("mlx_lm", run_name="__main__", alter_sys=True)
`;

/**
 * mlx-lm's converter on a Python that was named at installation.
 *
 * @param python absolute path
 * @param homeFolder what the program gets for a home and for temporary files; never the account's own
 */
export function mlxLmProgram(python: string, homeFolder: string): ConverterProgram {
  // -I: neither the environment nor the current folder may put other modules in front. -u: every line comes when it is printed.
  return {
    describe: { file: python, args: ["-I", "-c", describeScript] },
    convert: { file: python, args: ["-I", "-u", "-c", convertScript] },
    env: {
      HF_HUB_OFFLINE: "1",
      TRANSFORMERS_OFFLINE: "1",
      HF_HUB_DISABLE_TELEMETRY: "1",
      HOME: homeFolder,
      LANG: "C.UTF-8",
      TMPDIR: homeFolder,
      PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
    },
    cwd: homeFolder,
  };
}
