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
  .filter((line) => /^ {4}(rota|cat|npx) /.test(line))
  .map((line) => line.trim());

/** What shows that a command did what the text says. */
const SAYS: Readonly<Record<string, RegExp>> = {
  "rota policy new": /next: rota policy test short-first/,
  cat: /class ShortFirst extends Priority/,
  "rota policy test": /100 random inputs, module and source alike/,
  "rota policy build": /short-first\.wasm: \d+ bytes, sha256 [0-9a-f]{12}, unchanged/,
  "rota policy show short-first": /^patience +f64 +2 +0 +1000 /m,
  "rota policy simulate short-first jobs.swf": /^jobs that ran +400 +400 +0$/m,
  "rota policy simulate": /^MEASURE +(REAL +)?(FIFO|FCFS) +SHORT-FIRST +CHANGE$/m,
  "rota policy shadow short-first": /^state +done\npasses +2 of 2/m,
  "rota policy list": /^placement +pack .*\n(.*\n)*SERVES /m,
  "rota policy load": /priority: short-first 0\.1\.0 .*rollback brings fifo/,
  "rota policy show priority": /^patience +f64 +4 +2 +0 +1000 /m,
  "rota policy rollback": /priority: fifo/,
};

it("the commands of the README run, from nothing to a policy that serves, and say what it says", async () => {
  expect(COMMANDS.length).toBeGreaterThanOrEqual(15);
  const seen = new Set<string>();
  for (const command of COMMANDS) {
    const said = await shell.text(command);
    for (const [start, expected] of Object.entries(SAYS)) {
      if (!command.startsWith(start)) continue;
      expect(said, command).toMatch(expected);
      seen.add(start);
    }
  }
  expect([...seen].sort()).toEqual(Object.keys(SAYS).sort());
});
