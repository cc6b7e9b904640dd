/**
 * Wrong policy modules in a running controller: each pass is served all the same, the module is struck and then out,
 * and nothing is allocated twice. Real controller, real worker thread, real WASM, agents that play at running jobs.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type FakeAgents, startFakeAgents } from "../../agents/fake/fake-agents.ts";
import { type ClusterConfig, defaultConfig } from "../../core/controller/config.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import { specOf, until } from "../e2e/programs.ts";
import {
  constants,
  placeBody,
  placeRows,
  SCORES,
  type WrongParts,
  wrongModule,
} from "../wasm/faults/wrong-module.ts";
import { controllerHere } from "./controller-here.ts";
import { fakeNode } from "./fake-node.ts";

const NODES = 4;
const CPUS = 4;
const JOBS = 40;
const CALL_BUDGET_MS = 100;

let folder = "";
let controller: RunningController | undefined;
let agents: FakeAgents | undefined;

afterEach(async () => {
  agents?.close();
  await controller?.close();
  controller = undefined;
  agents = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function start(parts: WrongParts | Uint8Array): Promise<RunningController> {
  folder = mkdtempSync(join(tmpdir(), "rota-faults-"));
  const module = join(folder, "wrong.wasm");
  writeFileSync(module, parts instanceof Uint8Array ? parts : wrongModule(parts));
  const base = defaultConfig();
  const config: ClusterConfig = {
    ...base,
    listen: { host: "127.0.0.1", port: 0 },
    policies: {
      ...base.policies,
      placement: { kind: "placement", module, parameters: {} },
      callBudgetMs: CALL_BUDGET_MS,
    },
    mailProgram: "",
  };
  return controllerHere(join(folder, "state"), config);
}

/** Runs many short jobs, gangs among them, and looks at the allocations after each event. */
async function serveJobs(running: RunningController): Promise<void> {
  const { ledger } = running.parts;
  let overfull = 0;
  ledger.onApplied(() => {
    const { columns, count } = ledger.state.nodes;
    for (let row = 0; row < count; row++)
      if (columns.freeCpus[row]! < 0 || columns.freeMemMib[row]! < 0) overfull++;
  });
  agents = await startFakeAgents({
    controllerUrl: running.url,
    token: running.token,
    count: NODES,
    nodeSpec: (i) => fakeNode(`f${i}`, CPUS),
    runMs: () => 5,
  });
  for (let i = 0; i < JOBS; i++) {
    const gang = i % 4 === 0 ? { minNodes: 2, ntasks: 4 } : {};
    await post(running, specOf("#!/bin/sh\ntrue\n", folder, gang));
  }
  const tally = running.parts.tally;
  await until("all jobs ended", () => (tally.completed === JOBS ? true : undefined));
  expect(overfull).toBe(0);
  expect(tally.failed).toBe(0);
}

async function post(running: RunningController, body: unknown): Promise<void> {
  const answer = await fetch(`${running.url}/v1/jobs`, {
    method: "POST",
    headers: { authorization: `Bearer ${running.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
}

describe("a placement module that", () => {
  const wrong: readonly [string, WrongParts][] = [
    ["loops for ever", { place: placeBody("(loop $l (br $l)) (i32.const 0)") }],
    ["traps", { place: placeBody("(unreachable)") }],
    [
      "grows its memory past the maximum",
      {
        place: placeBody(
          "(if (i32.lt_s (memory.grow (i32.const 64)) (i32.const 0)) (then (unreachable))) (i32.const 1)",
        ),
      },
    ],
    ["names a node that does not exist", { place: placeRows([9999]) }],
    [
      "names a node twice",
      {
        place: placeRows([0, 0]),
        score: `(func (export "score") (param i32) (f32.store (i32.const ${SCORES}) (f32.const nan)))`,
      },
    ],
    ["gives too few nodes", { place: placeBody("(i32.const 0)") }],
    [
      "gives scores that are no numbers",
      {
        place: placeBody("(i32.const 0)"),
        score: `(func (export "score") (param i32) (f32.store (i32.const ${SCORES}) (f32.const nan)))`,
      },
    ],
  ];
  it.each(wrong)("%s is out after three strikes, and every job is placed without it", async (_, parts) => {
    controller = await start(parts);
    await serveJobs(controller);
    const placement = controller.parts.desk.views().find(({ kind }) => kind === "placement");
    expect(placement).toMatchObject({ name: "wrong", strikes: 3, out: true });
  });

  const refused: readonly [string, WrongParts | Uint8Array, string][] = [
    ["lacks an export", { score: "" }, "POLICY_MISSING_EXPORT"],
    [
      "imports what it may not",
      { imports: '(import "env" "now" (func (result f64)))' },
      "POLICY_FORBIDDEN_IMPORT",
    ],
    ["was built for a later ABI", { constants: constants(2, 0, 3) }, "POLICY_ABI_VERSION"],
    ["has memory of its own", { memory: "(memory 1 16)" }, "POLICY_MEMORY"],
    ["is of another kind", { constants: constants(1, 0, 2) }, "POLICY_WRONG_KIND"],
    ["is no WebAssembly", new Uint8Array([1, 2, 3]), "POLICY_NOT_WASM"],
  ];
  it.each(refused)(
    "%s is refused when the controller starts, with its file and the reason",
    async (_, parts, code) => {
      await expect(start(parts)).rejects.toMatchObject({
        code,
        message: expect.stringContaining("wrong.wasm"),
      });
    },
  );
});
