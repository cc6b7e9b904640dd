/** An author's source as TypeScript against the module that the compiler makes of it, number by number. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomInput, type TestedKind } from "../../core/cli/rota/policy/inputs.ts";
import { feasible, moduleVerdict, sourceVerdict } from "../../core/cli/rota/policy/sides.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { seededRandom } from "../../core/wasm/random.ts";
import { buildModule } from "../../policies/sdk/compile.ts";
import { readDeclaration } from "../../policies/sdk/declaration.ts";
import { translate } from "../../policies/sdk/portable.ts";
import { root } from "../wasm/builds.ts";
import { unwrap } from "../wasm/nodes.ts";

const ROUNDS = 60;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-portable-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function compare(path: string): Promise<void> {
  const text = readFileSync(path, "utf8");
  const declared = readDeclaration(path, text);
  if (!declared.ok) throw new Error(declared.message);
  const { driver, parameters } = declared.value;
  const kind = declared.value.kind as Exclude<TestedKind, "set-topology">;
  const asked: TestedKind = driver === "set-topology" ? driver : kind;
  const out = root("dist", "test", "workshop", kind, `${basename(path, ".ts")}.wasm`);
  const built = await buildModule(path, out);
  expect(built).toMatchObject({ ok: true });
  const module = unwrap(loadPolicyModule(out, kind));
  const translated = translate(path, text, declared.value);
  if (!translated.ok) throw new Error(translated.message);
  const { isRounded } = translated.value;
  const random = seededRandom(7);
  for (let round = 0; round < ROUNDS; round++) {
    const made = randomInput(asked, parameters, random);
    const isOfNodes = asked === "placement" || asked === "set-topology";
    const input = isOfNodes ? { ...made, want: Math.min(made.want, feasible(made)) } : made;
    const [a, b] = [moduleVerdict(asked, module, input), sourceVerdict(asked, translated.value, input)];
    if (a.fault !== undefined || b.fault !== undefined) {
      expect([a.fault, b.fault], JSON.stringify(input)).not.toContain(undefined);
    } else if (isRounded) {
      for (const [row, score] of b.scores.entries())
        expect(Math.abs(a.scores[row]! - score!)).toBeLessThanOrEqual(1e-12 * Math.abs(score!));
    } else {
      expect(a, JSON.stringify(input)).toEqual(b);
    }
  }
}

describe("the source of a built-in policy gives what its module gives", () => {
  it.each([
    ...["fifo", "fcfs", "sjf", "wfp3", "unicef", "f1", "multifactor"].map(
      (name) => `policies/priority/${name}`,
    ),
    "policies/placement/pack",
    "policies/placement/spread",
    "policies/preemption/cheapest",
    "plugins/topology/tree",
    "plugins/topology/dragonfly",
  ])("%s", (path) => compare(root(path, "assembly", `${basename(path)}.ts`)));
});

describe("numbers are WebAssembly's", () => {
  const write = (name: string, body: string, more = ""): string => {
    const path = join(folder, `${name}.ts`);
    writeFileSync(
      path,
      `import { Cluster, PendingJob, Priority, random } from "rota/priority";
${more}
@policy("1.0.0", "Odd.")
class Odd extends Priority {
  @parameter(-100, 100, "A whole number.") whole: i32 = 3;
  @parameter(-1, 1, "A small one.") small: f32 = 0.1;
  @parameter(0, 1, "Whether.") flag: bool = true;
  calls: i32 = 0;
  ${body}
}
`,
    );
    return path;
  };

  it.each([
    [
      "integers-wrap",
      `score(job: PendingJob, cluster: Cluster): f64 {
        let sum = job.timeLimitS * job.jobId * 7919 + 2147483647;
        sum ^= job.cpus << 5;
        sum -= sum >>> 3;
        const small = <u8>(job.cpus * 3);
        const short = <i16>(job.jobId * 31);
        const plain = <u32>sum;
        return <f64>sum + <f64>small * 1000 + <f64>short + <f64>(plain % 1000) + <f64>(plain / 7) + <f64>(sum >> 2);
      }`,
    ],
    [
      "floats-round",
      `score(job: PendingJob, cluster: Cluster): f64 {
        let a: f32 = <f32>job.ageS * this.small + 0.1;
        a += 0.3;
        const b = <f32>job.timeLimitS / 3;
        const c = a * b - Mathf.sqrt(Mathf.abs(b));
        return c > 0 ? c : -<f64>c / 3 + 0.1 * this.small;
      }`,
    ],
    [
      "control-flow",
      `score(job: PendingJob, cluster: Cluster): f64 {
        this.calls++;
        let sum: f64 = 0;
        for (let i = 0, n = job.cpus % 7; i < n; i++) {
          if (i == 5) continue;
          let j = i;
          while (j > 0 && sum < 1e9) { sum += <f64>(j * i); j -= 2; }
          do { sum = sum / 2 + 1; } while (sum > 1000);
        }
        switch (job.nodes % 4) {
          case 0: sum += 10; break;
          case 1: { sum *= 3; break; }
          default: sum -= <f64>this.step(job.nice);
        }
        return this.flag && job.nice > 0 || this.whole < 0 ? sum + <f64>this.calls : tail(sum, !this.flag);
      }
      step(by: i32): i32 { return by < 0 ? by / 3 : by % 5; }`,
      "const SCALE: f64 = 1_000;\nfunction tail(sum: f64, half: bool): f64 { return half ? sum / 2 : max<f64>(min(sum, SCALE), -5); }",
    ],
    [
      "chance",
      "score(job: PendingJob, cluster: Cluster): f64 { return random() * <f64>job.cpus + random(); }",
    ],
    [
      "division-by-zero-is-a-fault-on-both-sides",
      "score(job: PendingJob, cluster: Cluster): f64 { return <f64>(job.cpus / (job.nodes - 1)); }",
    ],
  ])("%s", (name, body, more = "") => compare(write(name, body, more)));

  it("a topology that chooses whole sets has all that the SDK gives it", () => {
    const path = join(folder, "odd-set.ts");
    writeFileSync(
      path,
      `import {
  ANY, bestFit, countFeasible, countIdle, depth, isFeasible, Job, nodeAt, prepareUnits, rowOfUnit, SetTopology, take,
  takeAny, takeBest, taken, Unit, unitAt, unitCount, unitOf,
} from "rota/set-topology";

let seen: i32 = 0;

@policy("1.0.0", "Odd.", "singles")
class OddSet extends SetTopology {
  @parameter(0, 8, "How many are taken one by one.") singly: i32 = 2;

  prepare(count: i32): void {
    prepareUnits(count);
    for (let index = 0; index < unitCount(depth - 1); index++) unitAt(depth - 1, index).mark = index % 3;
  }

  choose(job: Job, want: i32): void {
    countFeasible();
    countIdle();
    const lowest = depth - 1;
    for (let index = unitCount(lowest) - 1; index >= 0 && taken < min(this.singly, want); index--) {
      const unit = unitAt(lowest, index);
      for (let n = 0; n < unit.nodes; n++) {
        const row = rowOfUnit(unit, n);
        if (isFeasible(row) && popcnt(nodeAt(row).freeLanes) % 2 == unit.mark && take(row)) gave(unit);
      }
    }
    const group = bestFit(0, ANY, want - taken);
    if (group >= 0) {
      const inside = unitAt(0, group);
      if (inside.idle > inside.feasible) inside.feasible = max(inside.feasible - 1, 0);
      seen += takeBest(inside, want - taken);
    }
    if (depth > 1 && seen % 2 == 0) {
      const below = bestFit(1, group, want - taken);
      if (below >= 0 && unitOf(rowOfUnit(unitAt(1, below), 0)) >= 0) takeBest(unitAt(1, below), ctz(want));
    }
    takeAny();
  }
}

/** One of its nodes is gone. */
function gave(unit: Unit): void {
  unit.feasible--;
  seen++;
}
`,
    );
    return compare(path);
  }, 30_000);

  it("what is not translated is named with its line and column", () => {
    const path = write(
      "arrays",
      "score(job: PendingJob, cluster: Cluster): f64 {\n    return [1, 2][0];\n  }",
    );
    const text = readFileSync(path, "utf8");
    const declared = readDeclaration(path, text);
    const made = declared.ok ? translate("arrays.ts", text, declared.value) : declared;
    expect(made.ok ? "" : made.message).toMatch(/^arrays\.ts:10:12: this literal is not translated/);
  });
});
