import { createServer } from "node:net";
import { join } from "node:path";
import type { ProgramSpec } from "../../src/agent/process-host.js";
import { variants } from "./registry-entries.js";

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error()),
      );
    });
  });
}

const { cardFields, requiredCardFields } = variants["1.0.71"];
const openapi = {
  components: {
    schemas: {
      ModelCard: {
        properties: Object.fromEntries(cardFields.map((field) => [field, {}])),
        required: requiredCardFields,
      },
    },
  },
};

/** A program that answers the two questions an agent asks its exo. Prints its environment first. */
export function tinyExo(folder: string, port: number): ProgramSpec {
  const script = `
    console.log(JSON.stringify(process.env));
    const answers = { "/node_id": "tiny-" + process.pid, "/openapi.json": ${JSON.stringify(openapi)} };
    require("node:http").createServer((request, response) => response.end(JSON.stringify(answers[request.url])))
      .listen(${port}, "127.0.0.1");`;
  return {
    command: process.execPath,
    args: ["-e", script],
    env: { EXO_HOME: folder },
    cwd: folder,
    logFile: join(folder, "logs", "exo.log"),
  };
}
