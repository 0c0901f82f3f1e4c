import { accessSync, constants } from "node:fs";
import { test } from "vitest";

test("the built program can be started as one, which `npx exoctl` does", () => {
  accessSync(new URL("../../dist/cli/main.js", import.meta.url), constants.X_OK);
});
