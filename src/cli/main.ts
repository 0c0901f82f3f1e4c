#!/usr/bin/env node
import { keepYoungSpaceSmall } from "./little-memory.js";

// Everything else is loaded after it: what V8 has taken while it loads modules, it keeps.
if (process.argv[2] === "agent") keepYoungSpaceSmall();
const [{ createProgram }, { runProgram }] = await Promise.all([import("./program.js"), import("./run-program.js")]);

// Whoever reads our output may be gone before us, as in `exoctl status | head -1`: what is under way still ends in order.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exitCode = 1;
  });

process.exitCode = await runProgram(createProgram(), process.argv);
