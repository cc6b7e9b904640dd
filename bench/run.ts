/**
 * Runs every benchmark, one after the other, and keeps the figures with a description of the machine in
 * `bench/results/`. `--tiny` runs each small and keeps nothing: it shows that they work and that results are right.
 * `npm run bench [-- NAME... [--workload FILE.csv] [--nodes N] [--json]]`
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** In the order of the README's table. */
const BENCHMARKS: Readonly<Record<string, string>> = {
  scan: "scan/scan.ts",
  fuel: "fuel/fuel.ts",
  faults: "faults/faults.ts",
  gang: "gang/gang.ts",
  pass: "pass/pass.ts",
  parallel: "parallel/parallel.ts",
  replay: "replay/replay.ts",
  prioritise: "prioritise/prioritise.ts",
  schedules: "schedules/schedules.ts",
  pods: "pods/pods.ts",
  tas: "tas/tas.ts",
  journal: "journal/journal.ts",
  state: "state/state.ts",
  submissions: "cluster/submissions.ts",
  "command-start": "cluster/command-start.ts",
  latency: "cluster/latency.ts",
  throughput: "cluster/throughput.ts",
  steps: "steps/steps.ts",
  beside: "beside/beside.ts",
  fill: "fill/fill.ts",
};

const isTiny = process.argv.includes("--tiny");
/** A published queue for `pass` and `fill`, instead of the seeded one, and for `fill` so many nodes. */
const passedOn = ["--workload", "--nodes"].flatMap((name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? [] : [name, process.argv[at + 1] ?? ""];
});
/** One JSON object and nothing else: for a single benchmark. */
const isJson = process.argv.includes("--json");
const named = process.argv.slice(2).filter((arg) => Object.hasOwn(BENCHMARKS, arg));
const names = Object.keys(BENCHMARKS).filter((name) => named.length === 0 || named.includes(name));
const results: Record<string, unknown> = {};
let failed = 0;

for (const name of names) {
  const args = [
    "--import",
    "tsx",
    join(here, BENCHMARKS[name]!),
    "--json",
    ...(isTiny ? ["--tiny"] : []),
    ...passedOn,
  ];
  const run = spawnSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = run.stdout.trim().split("\n");
  const line = lines[lines.length - 1] ?? "";
  const said = run.status === 0 ? line : `FAILED (exit ${run.status}) ${run.stdout}`;
  process.stdout.write(isJson ? `${said}\n` : `${name}: ${said}\n`);
  if (run.status !== 0) failed++;
  else results[name] = JSON.parse(line);
}

if (!isTiny && failed === 0) {
  const machine = {
    cpu: cpus()[0]?.model ?? "",
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kernel: release(),
  };
  const file = join(here, "results", named.length === 0 ? "latest.json" : `${names.join("+")}.json`);
  writeFileSync(
    file,
    `${JSON.stringify({ takenAt: new Date().toISOString(), machine, results }, null, 2)}\n`,
  );
  if (!isJson) process.stdout.write(`kept in ${file}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
