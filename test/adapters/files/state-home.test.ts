import { expect, test } from "vitest";
import { defaultHome } from "../../../src/adapters/files/state-home.js";

test.each([
  ["darwin", {}, "/Users/ann/Library/Application Support/exoctl"],
  ["darwin", { XDG_STATE_HOME: "/x" }, "/Users/ann/Library/Application Support/exoctl"],
  ["linux", {}, "/Users/ann/.local/state/exoctl"],
  ["linux", { XDG_STATE_HOME: "/var/state" }, "/var/state/exoctl"],
  ["linux", { XDG_STATE_HOME: "relative" }, "/Users/ann/.local/state/exoctl"],
  ["linux", { XDG_STATE_HOME: "", EXOCTL_HOME: "" }, "/Users/ann/.local/state/exoctl"],
  ["darwin", { EXOCTL_HOME: "/srv/exoctl" }, "/srv/exoctl"],
])("on %s with %j the state is in %s", (platform, env, home) => {
  expect(defaultHome(platform, env, "/Users/ann")).toBe(home);
});
