/**
 * The admission policy in the controller: asked in a thread of its own, in batches, struck when it fails, and out after three
 * faults, with what becomes of submissions then as the site has set it. Real controller, real worker, real modules.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../../core/api/port.ts";
import { defaultConfig } from "../../core/controller/config.ts";
import { LivePort } from "../../core/controller/live-port.ts";
import type { RunningController } from "../../core/controller/start-controller.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { PolicyView } from "../../core/model/policy-views.ts";
import { buildModule } from "../../policies/sdk/compile.ts";
import { specOf } from "../e2e/programs.ts";
import { root } from "../wasm/builds.ts";
import { controllerHere } from "./controller-here.ts";

/** Does what the job's name says. */
const WILD = `import { Admission, Submission } from "rota/admission";
@final
@policy("1.0.0", "Goes wrong as it is told.")
class Wild extends Admission {
  @parameter(0, 255, "Comment of every job.")
  say: string = "seen";
  submit(job: Submission): void {
    job.comment = this.say;
    if (job.name == "trap") unreachable();
    if (job.name == "loop") while (job.minNodes > -5) {}
    if (job.name == "zero") job.minNodes = 0;
    if (job.name == "code") job.refuse("not a code", "No.");
    if (job.name == "silent") job.refuse("SILENT", "  ");
    if (job.name == "long") job.comment = job.name.repeat(1000);
    if (job.name == "shout") job.refuse("SHOUT", job.comment.repeat(10000));
    if (job.name == "odd") job.refuse("ODD", "a\\x1b[31mb\\ud800c");
    if (job.name == "memory") { let text = "x"; while (true) text = text + text; }
  }
  modify(change: Submission, job: Submission): void {
    if (change.deadlineS >= 0) change.refuse("DEADLINE_STAYS", "The deadline stays.");
    if (change.timeMinS > 60) change.timeMinS = 60;
  }
}
`;

let folder: string;
let wasm: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rota-admission-"));
  const source = join(folder, "wild", "wild.ts");
  mkdirSync(join(folder, "wild"));
  writeFileSync(source, WILD);
  const out = root("dist", "test", "admission", "wild.wasm");
  expect(await buildModule(source, out)).toMatchObject({ ok: true });
  wasm = readFileSync(out).toString("base64");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let controller: RunningController;
let port: LivePort;
let starts = 0;
beforeEach(async () => {
  const config = defaultConfig();
  controller = await controllerHere(join(folder, `state-${starts++}`), {
    ...config,
    policies: { ...config.policies, callBudgetMs: 100 },
  });
  port = new LivePort(controller.parts);
});
afterEach(() => controller.close());

const OPERATOR: Caller = { user: "root", uid: 0, operator: true };
const load = (onFault?: "admit" | "refuse") =>
  port.loadPolicy("admission", { module: "wild.wasm", wasm, ...(onFault && { onFault }) }, OPERATOR);
const submit = (name: string, more: Partial<JobSpec> = {}) =>
  port.submit(specOf("#!/bin/sh\ntrue\n", folder, { name, ...more }) as unknown as JobSpec, OPERATOR);
const served = async (): Promise<PolicyView | undefined> =>
  (await port.policies()).find(({ kind }) => kind === "admission");

describe("a policy that fails at a submission", () => {
  it.each([
    ["trap", "POLICY_TRAP"],
    // Whichever wall comes first: its fuel, or the watchdog's time.
    ["loop", /^POLICY_(OUT_OF_FUEL|OVER_BUDGET)$/],
    ["zero", "POLICY_BAD_CHANGE"],
    ["code", "POLICY_BAD_CHANGE"],
    ["silent", "POLICY_BAD_CHANGE"],
    ["memory", "POLICY_TRAP"],
  ])("by %s is struck, that submission is refused and the next one is taken", async (name, code) => {
    expect(await load()).toMatchObject({ ok: true });
    expect(await submit(name)).toMatchObject({ ok: false, refusal: { code: "ADMISSION_FAILED" } });
    expect(await served()).toMatchObject({
      strikes: 1,
      out: false,
      lastFault: { code: expect.stringMatching(code) },
    });
    expect(await submit("sound")).toMatchObject({ ok: true });
    expect([...controller.parts.ledger.state.jobs.values()].map(({ comment }) => comment)).toEqual(["seen"]);
  });

  it("is out after three faults: then everything is refused, loudly, until another serves", async () => {
    await load();
    for (let fault = 0; fault < 3; fault++) await submit("trap");
    expect(await served()).toMatchObject({ strikes: 3, out: true, onFault: "refuse" });
    const refused = await submit("sound");
    expect(refused).toMatchObject({ ok: false, refusal: { code: "ADMISSION_FAILED" } });
    expect(!refused.ok && refused.refusal.message).toContain("wild failed (it is out after three faults)");
    expect(await load()).toMatchObject({ ok: true, value: { strikes: 0, out: false } });
    expect(await submit("sound")).toMatchObject({ ok: true });
  });

  it("lets submissions in as they are where the site says so, once it is out too", async () => {
    await load("admit");
    for (const name of ["trap", "loop", "zero", "sound"])
      expect(await submit(name)).toMatchObject({ ok: true });
    expect(await served()).toMatchObject({ strikes: 3, out: true, onFault: "admit" });
    const comments = [...controller.parts.ledger.state.jobs.values()].map(({ comment }) => comment);
    expect(comments).toEqual(["", "", "", ""]);
  });

  it("is not struck for what the user's text has brought about", async () => {
    await load();
    expect(await submit("long")).toMatchObject({ ok: false, refusal: { code: "ADMISSION_REFUSED" } });
    const shout = await submit("shout");
    expect(!shout.ok && shout.refusal.message.length).toBe(1024);
    const odd = await submit("odd");
    expect(!odd.ok && odd.refusal.message).toBe("a [31mb c");
    expect(await served()).toMatchObject({ strikes: 0 });
  });

  it("harms none of the submissions beside it", async () => {
    await load();
    const names = Array.from({ length: 150 }, (_, i) => (i === 20 || i === 90 ? "loop" : `job-${i}`));
    const answers = await Promise.all(names.map((name) => submit(name)));
    for (const [i, answer] of answers.entries()) expect(answer.ok, names[i]).toBe(names[i] !== "loop");
    const jobs = [...controller.parts.ledger.state.jobs.values()];
    expect(jobs).toHaveLength(148);
    expect(new Set(jobs.map(({ comment }) => comment))).toEqual(new Set(["seen"]));
  });
});

it("sees all of a job's times that an update changes, and may change them", async () => {
  await load();
  const submitted = await submit("sound", { timeLimitS: 3600 });
  if (!submitted.ok) throw new Error(submitted.refusal.message);
  const ref = String(submitted.value.jobId);
  expect(await port.update(ref, { timeMinS: 1800 }, OPERATOR)).toMatchObject({ ok: true });
  const [job] = controller.parts.ledger.state.jobs.values();
  expect(job?.spec.timeMinS).toBe(60);
  expect(await port.update(ref, { deadlineS: 4_000_000_000 }, OPERATOR)).toMatchObject({
    ok: false,
    refusal: { code: "ADMISSION_REFUSED", details: { policyCode: "DEADLINE_STAYS" } },
  });
});

describe("a swap", () => {
  it("while submissions come in loses none, and each is judged by the old or the new one", async () => {
    await load();
    const answers: Promise<unknown>[] = [];
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 20; i++) answers.push(submit(`job-${round}-${i}`));
      const set = { parameters: { say: `round ${round}` } };
      expect(await port.setPolicy("admission", set, OPERATOR)).toMatchObject({ ok: true });
    }
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: true });
    const comments = [...controller.parts.ledger.state.jobs.values()].map(({ comment }) => comment);
    expect(comments).toHaveLength(120);
    for (const comment of comments) expect(comment).toMatch(/^(seen|round \d)$/);
  });

  it("back to none lets submissions through as they are", async () => {
    await load();
    expect(await port.rollbackPolicy("admission", OPERATOR)).toEqual({ ok: true, value: null });
    expect(await submit("trap")).toMatchObject({ ok: true });
    expect(await served()).toBeUndefined();
  });
});

describe("who may not", () => {
  it("submits for another is told so before the policy is asked", async () => {
    await load();
    const eve: Caller = { user: "eve", uid: 65_533, operator: false };
    const spec = specOf("#!/bin/sh\ntrue\n", folder, { name: "trap" }) as unknown as JobSpec;
    expect(await port.submit(spec, eve)).toMatchObject({ ok: false, refusal: { code: "ACCESS_DENIED" } });
    expect(await served()).toMatchObject({ strikes: 0 });
    expect(await port.setPolicy("admission", { parameters: { say: "eve" } }, eve)).toMatchObject({
      ok: false,
      refusal: { code: "ACCESS_DENIED" },
    });
  });
});

it("is the only kind with a word for faults, in the shadow and in a simulation too", async () => {
  const request = { module: "sjf", onFault: "admit" as const };
  const wrong = { ok: false, refusal: { code: "POLICY_WRONG_KIND" } };
  expect(await port.startShadow("priority", request, OPERATOR)).toMatchObject(wrong);
  expect(await port.simulatePolicy("priority", request, OPERATOR)).toMatchObject(wrong);
  const strange = { module: "sjf", partitions: { nowhere: {} } };
  expect(await port.simulatePolicy("priority", strange, OPERATOR)).toMatchObject({
    ok: false,
    refusal: { code: "INVALID_PARTITION" },
  });
});

it("its memory is its own and bounded: thousands of submissions make it no larger than the bound", async () => {
  await load();
  const comment = "y".repeat(1000);
  for (let round = 0; round < 30; round++) {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => submit(`job-${i}`, { comment })));
    for (const answer of answers) expect(answer).toMatchObject({ ok: true });
  }
  expect(await served()).toMatchObject({ strikes: 0 });
});
