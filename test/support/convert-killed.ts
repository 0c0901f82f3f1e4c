import { createChildConverter } from "../../src/adapters/system/child-converter.js";
import { mlxLmProgram } from "../../src/adapters/system/mlx-lm-program.js";
import { aCaller, openConversionHouse } from "./conversion-house.js";
import { anOrder } from "./conversion-sources.js";

// A process of its own: begins a conversion that never ends, and waits to be killed. Without a Python the played converter hangs.
const [root = "", python] = process.argv.slice(2);
const converter = python === undefined ? undefined : createChildConverter(mlxLmProgram(python, root));
const house = await openConversionHouse({ root, does: "hangs", ...(converter === undefined ? {} : { converter }) });
await house.convert.convert(aCaller, anOrder("bf16"), () => {}, new AbortController().signal);
