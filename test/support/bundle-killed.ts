import { openBundleHouse, quietSteps } from "./bundle-house.js";

// A process of its own: exports or imports a bundle and is killed with -9 after so many bytes of one step.
const [root = "", verb = "", step = "", after = "0"] = process.argv.slice(2);
let seen = 0;
const steps = quietSteps((text, bytes) => {
  if (text !== step) return;
  seen += bytes;
  if (seen >= Number(after)) process.kill(process.pid, "SIGKILL");
});
const house = await openBundleHouse(root);
await (verb === "export" ? house.export(steps) : house.import(steps));
