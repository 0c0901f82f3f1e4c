import { register } from "node:module";

// `node --import ./test/support/run-typescript.js some-file.ts`: real processes in tests, without a build.
register("./typescript-hooks.js", import.meta.url);
