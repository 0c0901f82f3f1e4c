import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What stands in for mlx_lm: says what it was told, or works on and never looks at anything. */
const main = `
import json, os, sys
out = sys.argv[sys.argv.index("--mlx-path") + 1]
if "--dtype" in sys.argv:
    os.mkdir(out)
    with open(os.path.join(out, "pid"), "w") as file:
        file.write(str(os.getpid()))
    print("[INFO] Loading")
    while True:
        pass
print(json.dumps({"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path}))
`;

/** A virtual environment whose mlx_lm is a few lines of ours; real Python, no packages. Returns its Python. */
export function makeFakePython(folder: string): string {
  const made = spawnSync("python3", ["-m", "venv", "--without-pip", folder], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  const library = join(folder, "lib");
  const [version = ""] = readdirSync(library);
  const packageFolder = join(library, version, "site-packages", "mlx_lm");
  mkdirSync(join(packageFolder, "models"), { recursive: true });
  const files = {
    "__init__.py": '__version__ = "0.32.2"\n',
    "__main__.py": main,
    "utils.py": 'MODEL_REMAPPING = {"mistral": "llama"}\n',
    "models/__init__.py": "",
    "models/gpt_oss.py": "",
    "models/llama.py": "",
  };
  // As many as in the real one: what it says about itself is long.
  for (let at = 10; at < 100; at += 1) writeFileSync(join(packageFolder, "models", `architecture_${at}.py`), "");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(packageFolder, name), text);
  return join(folder, "bin", "python3");
}
