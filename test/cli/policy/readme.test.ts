/**
 * Every command of policies/README.md, in its order, on the built programs and a real cluster, which is what `rota up`
 * would have started.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Shell } from "../../e2e/command-run.ts";
import { stopAll } from "../../e2e/programs.ts";
import { TestCluster } from "../../e2e/test-cluster.ts";
import { root } from "../../wasm/builds.ts";

let shell: Shell;
beforeAll(async () => {
  shell = new Shell(await TestCluster.start(["n1"]));
});
afterAll(stopAll);

/** Indented lines that begin with a program's name; the others are code. */
const COMMANDS = readFileSync(root("policies", "README.md"), "utf8")
  .split("\n")
  .filter((line) => /^ {4}(rota|cat|npx|sbatch) /.test(line))
  .map((line) => line.trim());

/**
 * What shows that a command did what the text says, in the README's order where one is typed more than once; `isRefused` of
 * those that the text says are refused.
 */
const SAYS: readonly { readonly line: string; readonly says: RegExp; readonly isRefused?: true }[] = [
  { line: "rota policy new short-first", says: /next: rota policy test short-first/ },
  { line: "cat short-first", says: /class ShortFirst extends Priority/ },
  { line: "rota policy test short-first", says: /100 random inputs, module and source alike/ },
  {
    line: "rota policy build short-first",
    says: /short-first\.wasm: \d+ bytes, sha256 [0-9a-f]{12}, unchanged/,
  },
  { line: "rota policy show short-first", says: /^patience +f64 +2 +0 +1000 /m },
  { line: "rota policy simulate short-first jobs.swf", says: /^jobs that ran +400 +400 +0$/m },
  { line: "rota policy shadow short-first", says: /^state +done\npasses +2 of 2/m },
  { line: "rota policy simulate short-first", says: /^MEASURE +(REAL +)?(FIFO|FCFS) +SHORT-FIRST +CHANGE$/m },
  { line: "rota policy list", says: /^placement +pack .*\n(.*\n)*SERVES /m },
  { line: "rota policy load priority", says: /priority: short-first 0\.1\.0 .*rollback brings fifo/ },
  { line: "rota policy show priority", says: /^patience +f64 +4 +2 +0 +1000 /m },
  { line: "rota policy rollback priority", says: /priority: fifo/ },
  { line: "rota policy new house-rules", says: /next: rota policy test house-rules/ },
  { line: "cat house-rules", says: /class HouseRules extends Admission/ },
  { line: "rota policy test house-rules", says: /100 random inputs, module and source alike/ },
  { line: "rota policy load admission", says: /admission: house-rules 0\.1\.0 .*rollback brings none back/ },
  {
    line: "sbatch",
    says: /^sbatch: error: Ask for at most 1 hours: --time=1:00:00\nsbatch: error: Batch job submission failed: /,
    isRefused: true,
  },
  { line: "rota policy set admission", says: /^mostHours +i32 +4 +72 +1 +720 +hours /m },
  { line: "sbatch", says: /^Submitted batch job \d+$/m },
  { line: "rota policy show admission", says: /^on a fault +submissions are refused$/m },
  { line: "rota policy rollback admission", says: /admission: house-rules/ },
  { line: "rota policy rollback admission", says: /no admission policy serves/ },
  { line: "rota policy keygen", says: /^ {4}YOUR-NAME: ed25519:/m },
  { line: "rota policy sign", says: /short-first\.wasm: signed by ed25519:/ },
];

it("the commands of the README run, from nothing to a policy that serves, and say what it says", {
  timeout: 240_000,
}, async () => {
  expect(COMMANDS.length).toBeGreaterThanOrEqual(SAYS.length);
  const left = [...SAYS];
  for (const command of COMMANDS) {
    const ran = await shell.run(command);
    const [next] = left;
    const isNext = next !== undefined && command.startsWith(next.line);
    const isRefused = isNext && next.isRefused === true;
    expect(ran.code, `${command}: ${ran.out}${ran.err}`).toBe(isRefused ? 1 : 0);
    if (!isNext) continue;
    expect(isRefused ? ran.err : ran.out, command).toMatch(next.says);
    left.shift();
  }
  expect(left).toEqual([]);
});
