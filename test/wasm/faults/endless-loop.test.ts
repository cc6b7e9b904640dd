/** A module that never comes back: another thread sees which module it is and ends the worker. */
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { ActiveModule } from "../../../core/wasm/active-module.ts";
import { workerFile } from "../../../plugins/sdk/worker-file.ts";
import { placeBody, wrongModule } from "./wrong-module.ts";

const BUDGET_MS = 100;

test("a watchdog finds the module in the marker and ends its worker", async () => {
  const marker = new ActiveModule();
  const bytes = wrongModule({ place: placeBody("(loop $forever (br $forever)) (unreachable)") });
  const { filename, execArgv } = workerFile(import.meta.url, "loop-worker");
  const worker = new Worker(filename, {
    workerData: { bytes, cells: marker.cells, number: 42 },
    execArgv: [...execArgv],
  });
  const messages: unknown[] = [];
  worker.on("message", (message) => messages.push(message));
  const failed = new Promise<never>((_resolve, reject) => worker.once("error", reject));
  const overBudget = (async () => {
    for (;;) {
      const before = marker.read();
      await wait(BUDGET_MS);
      const after = marker.read();
      if (messages.includes("ready") && after.module !== 0 && after.call === before.call) return after.module;
    }
  })();
  const blamed = await Promise.race([overBudget, failed]);
  await worker.terminate();
  expect(blamed).toBe(42);
  expect(messages).toEqual(["ready"]);
});

test("the marker is clear outside of modules and counts calls", () => {
  const marker = new ActiveModule();
  expect(marker.read()).toEqual({ module: 0, call: 0 });
  marker.enter(7);
  expect(marker.read()).toEqual({ module: 7, call: 1 });
  marker.leave();
  expect(new ActiveModule(marker.cells).read()).toEqual({ module: 0, call: 1 });
});
