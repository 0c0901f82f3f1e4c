import { watchedCalls } from "./watched-calls.js";

// A process of its own on the built program: adds or removes an entry and is killed right before one of its file system calls.
const [dist = "", root = "", what = "", at = "0", request = "{}"] = process.argv.slice(2);
const { fileCalls } = await import(`${dist}/adapters/files/classic-file-calls.js`);
const { openClassicDisk } = await import(`${dist}/adapters/files/classic-disk.js`);
const { addClassicEntry } = await import(`${dist}/agent/add-classic-entry.js`);
const { removeClassicEntry } = await import(`${dist}/agent/remove-classic-entry.js`);
let count = 0;
const calls = watchedCalls((number) => {
  count = number;
  if (number === Number(at)) process.kill(process.pid, "SIGKILL");
}, fileCalls);
const files = await openClassicDisk({ installations: [root], exoHome: root, currentFolder: root }, calls);
const report =
  what === "add"
    ? await addClassicEntry(files, JSON.parse(request))
    : await removeClassicEntry(files, { id: "my-llama", effect: "write" });
process.stdout.write(`${report.outcome} ${count}`);
