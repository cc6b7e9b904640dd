/** Policies built, tested and simulated by a controller for who asks over its API: real processes, as `rota policy` runs them. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workbench } from "../../core/controller/workbench.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";

let stateDir: string;
beforeAll(() => {
  stateDir = mkdtempSync(join(tmpdir(), "rota-bench-state-"));
});
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

const source = (score: string): string => `import { Cluster, PendingJob, Priority } from "rota/priority";
@policy("1.0.0", "Short jobs first.")
class Short extends Priority {
  score(job: PendingJob, cluster: Cluster): f64 {
    return ${score};
  }
}
`;
describe("the workbench", () => {
  it("gives a module that loads, or what is wrong with file, line and column", async () => {
    const bench = new Workbench(stateDir);
    const [built, broken] = await Promise.all([
      bench.build({ name: "short", source: source("-<f64>job.timeLimitS") }),
      bench.build({ name: "short", source: source("job.nothing") }),
    ]);
    if (!built.ok) throw new Error(built.refusal.message);
    const binary = Buffer.from(built.value.wasm, "base64");
    expect(loadPolicyModule(binary, "priority")).toMatchObject({ ok: true });
    expect(built.value.bytes).toBe(binary.length);
    expect(broken).toMatchObject({ ok: false, refusal: { code: "POLICY_BUILD" } });
    expect(!broken.ok && broken.refusal.message).toMatch(/^short\/assembly\/short\.ts:5:16: error TS2339/m);
    await bench.close();
  }, 240_000);

  it("says of a test which cases fail, on both sides", async () => {
    const bench = new Workbench(stateDir);
    const jobs = [{ timeLimitS: 9 }, { timeLimitS: 8 }];
    const tested = await bench.test({
      name: "short",
      source: source("-<f64>job.timeLimitS"),
      cases: [
        { name: "right", jobs, order: [1, 0] },
        { name: "wrong", jobs, order: [0, 1] },
      ],
      rounds: 7,
      seed: 3,
    });
    if (!tested.ok) throw new Error(tested.refusal.message);
    expect(tested.value).toMatchObject({ isGreen: false, random: { seed: 3, rounds: 7, faults: [] } });
    expect(tested.value.cases.map(({ faults }) => faults.length)).toEqual([0, 2]);
    const strange = await bench.test({ name: "short", source: source("1"), cases: [{ name: "none" }] });
    expect(strange).toMatchObject({ ok: false, refusal: { code: "POLICY_TESTS" } });
    await bench.close();
  }, 240_000);

  it("ends what takes too long, takes no more than so many, and leaves nothing behind", async () => {
    const slow = new Workbench(stateDir, { limitMs: 5, scratch: stateDir });
    const asked = Array.from({ length: 9 }, () => slow.build({ name: "short", source: source("1") }));
    const answers = await Promise.all(asked);
    expect(answers.at(-1)).toMatchObject({ ok: false, refusal: { code: "BUSY" } });
    expect(answers[0]).toMatchObject({ ok: false, refusal: { code: "INTERNAL" } });
    expect(!answers[0]!.ok && answers[0]!.refusal.message).toContain("took more than 0.005 s");
    await slow.close();
    expect(readdirSync(stateDir)).toEqual([]);
  }, 30_000);

  it("ends what runs when it is closed, and begins none of what waits", async () => {
    const bench = new Workbench(stateDir, { scratch: stateDir });
    const asked = Array.from({ length: 3 }, () => bench.build({ name: "short", source: source("1") }));
    await new Promise((resolve) => setImmediate(resolve));
    await bench.close();
    const answers = await Promise.all(asked);
    expect(answers[0]).toMatchObject({ ok: false, refusal: { code: "INTERNAL" } });
    for (const answer of answers.slice(1))
      expect(answer).toMatchObject({ ok: false, refusal: { code: "BUSY" } });
    expect(readdirSync(stateDir)).toEqual([]);
  }, 30_000);

  it("has room again after folders that could not be made", async () => {
    const bench = new Workbench(stateDir, { scratch: join(stateDir, "missing") });
    for (let i = 0; i < 9; i++)
      await expect(bench.build({ name: "short", source: source("1") })).rejects.toThrow("ENOENT");
    await bench.close();
  });

  it("simulates with the values of partitions", async () => {
    const bench = new Workbench(stateDir);
    const request = { module: "sjf", partitions: { debug: { nothing: 1 } } };
    const simulated = await bench.simulate("priority", request);
    expect(simulated).toMatchObject({ ok: false, refusal: { code: "POLICY_PARAMETER" } });
    expect(!simulated.ok && simulated.refusal.message).toContain("nothing");
    await bench.close();
  }, 240_000);

  it("says that there is no controller to simulate where none is", async () => {
    const bench = new Workbench(stateDir);
    expect(await bench.simulate("priority", { module: "sjf" })).toMatchObject({
      ok: false,
      refusal: { code: "CONTROLLER_UNREACHABLE" },
    });
    await bench.close();
  }, 240_000);
});
