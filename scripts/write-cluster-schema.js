// Writes docs/cluster.schema.json, which editors use for cluster.yaml, from the built program: npm run build comes first.
import { writeFileSync } from "node:fs";

const built = new URL("../dist/config/cluster-json-schema.js", import.meta.url);
const { clusterJsonSchema } = await import(built.href);
const file = new URL("../docs/cluster.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(clusterJsonSchema(), null, 2)}\n`);
