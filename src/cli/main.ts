#!/usr/bin/env node
import { createProgram } from "./program.js";
import { runProgram } from "./run-program.js";

// Whoever reads our output may be gone before us, as in `exoctl status | head -1`: what is under way still ends in order.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exitCode = 1;
  });

process.exitCode = await runProgram(createProgram(), process.argv);
