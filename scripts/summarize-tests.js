// Reads vitest's JSON report: names what was skipped, then prints one closing line such as `87 passed, 0 failed`.
// Exit code 1 when something failed, when nothing ran, or, with EXOCTL_REQUIRE_ALL=1, when something was skipped.
import { existsSync, readFileSync } from "node:fs";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: node scripts/summarize-tests.js REPORT.json");
const report = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { testResults: [] };
const requireAll = process.env.EXOCTL_REQUIRE_ALL === "1";

const tests = report.testResults.flatMap((suite) => suite.assertionResults);
const count = (status) => tests.filter((test) => test.status === status).length;
// A file that could not even be loaded has no tests of its own to count.
const broken = report.testResults.filter((suite) => suite.status === "failed" && suite.assertionResults.length === 0);
const skipped = tests.filter((test) => !["passed", "failed"].includes(test.status));
const passed = count("passed");
const failed = count("failed") + broken.length;

for (const test of skipped) process.stdout.write(`skipped: ${test.fullName}\n`);
for (const suite of broken) process.stdout.write(`could not be loaded: ${suite.name}\n`);
if (skipped.length > 0 && requireAll) process.stdout.write("EXOCTL_REQUIRE_ALL=1: a skipped test is a failure\n");
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 || (requireAll && skipped.length > 0) ? 1 : 0;
