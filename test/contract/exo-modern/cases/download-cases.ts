import { expect } from "vitest";
import { type ExoCase, type ExoDriver, has } from "../exo-case.js";
import { expectInvalid } from "./expect-answer.js";

const nowhere = "exoctl-contract-no-such-node";
const received = { commandId: expect.stringMatching(/^[\w-]+$/) };

async function aShard(exo: ExoDriver): Promise<unknown> {
  const path = `/instance/placement?model_id=${exo.facts.model}`;
  const { json } = await exo.call("placement", { method: "GET", path });
  return Object.values(json.MlxRingInstance.shardAssignments.runnerToShard)[0];
}

/** Commands to a node's downloader. None is ever acknowledged. */
export const downloadCases: readonly ExoCase[] = [
  {
    name: "a-download-to-a-node-that-does-not-exist",
    async run(exo) {
      const body = { target_node_id: nowhere, shard_metadata: await aShard(exo) };
      const answer = await exo.call("start", { method: "POST", path: "/download/start", body });
      expect([answer.status, answer.json]).toEqual([200, received]);
      const gone = await exo.call("delete", { method: "DELETE", path: `/download/${nowhere}/${exo.facts.model}` });
      expect([gone.status, gone.json]).toEqual([200, received]);
    },
  },
  {
    name: "a-download-that-does-not-fit",
    async run(exo) {
      const start = (body: object) => ({ method: "POST", path: "/download/start", body }) as const;
      const shard = await aShard(exo);
      const answer = await exo.call("no-shard", start({ target_node_id: nowhere }));
      expect(answer.status).toBe(422);
      expect(answer.json.detail[0]).toMatchObject({ type: "missing" });
      const extra = await exo.call("extra", start({ target_node_id: nowhere, shard_metadata: shard, extra: 1 }));
      expectInvalid(extra, "extra_forbidden", ["body", "extra"]);
    },
  },
  {
    name: "cancelling-a-download",
    since: "1.0.70",
    async run(exo) {
      expect(has(exo.facts.release, "1.0.70")).toBe(true);
      const body = { target_node_id: nowhere, model_id: exo.facts.model };
      const answer = await exo.call("cancel", { method: "POST", path: "/download/cancel", body });
      expect([answer.status, answer.json]).toEqual([200, received]);
    },
  },
];
