/** `rota up` as a process, with the real controller and agents, from the sources. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readText } from "../../../agents/node/proc.ts";
import { ControllerClient } from "../../../core/cli/controller-client.ts";
import { rotaCommand } from "../../../core/cli/rota/program-file.ts";
import { runWith } from "./stand-in.ts";

const WAIT_MS = 45_000;

interface Up {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly exit: Promise<number | string>;
}

let folder = "";
let stateDir = "";
const started: Up[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-up-test-"));
  stateDir = join(folder, "state");
});
afterEach(async () => {
  await runWith({ ROTA_STATE_DIR: stateDir }, ["cancel", "--me"]);
  for (const up of started.splice(0)) {
    up.child.kill("SIGTERM");
    await up.exit;
  }
  rmSync(folder, { recursive: true, force: true });
});

it("runs jobs through the deaths of its agent and its controller, and through its own end", async () => {
  const first = startUp();
  await until(() => first.said().includes("rota is up: 2 nodes"), first.said);
  expect(first.said()).toContain(`export ROTA_STATE_DIR=${stateDir}`.slice("export ".length));

  const second = startUp();
  expect(await second.exit).toBe(1);
  expect(second.said()).toContain("has the state directory");

  const script = `while [ ! -e ${folder}/go ]; do sleep 0.1; done; echo $SLURM_JOB_ID >> ${folder}/done`;
  await rota(["submit", "--wrap", script]);
  await until(async () => (await state("1")) === "RUNNING", first.said);

  const agent = childOf(first, "agent", "n1");
  process.kill(agent, "SIGKILL");
  await until(() => first.said().includes("agent n1 ended (signal SIGKILL)"), first.said);
  await until(() => childOf(first, "agent", "n1") > 0, first.said);

  const controller = childOf(first, "controller", "");
  process.kill(controller, "SIGKILL");
  await until(() => first.said().includes("controller ended (signal SIGKILL)"), first.said);
  await until(async () => (await state("1")) === "RUNNING", first.said);

  first.child.kill("SIGINT");
  expect(await first.exit).toBe(0);
  expect(childrenOf(first)).toEqual([]);
  expect(await state("1")).toBe("no answer");

  const third = startUp();
  await until(() => third.said().includes("rota is up: 2 nodes"), third.said);
  expect(await state("1")).toBe("RUNNING");
  await rota(["submit", "--after", "1", "--wrap", "true"]);
  await rota(["submit", "--wrap", `touch ${folder}/go`]);
  await until(async () => (await state("2")) === "COMPLETED", third.said);
  expect(readFileSync(join(folder, "done"), "utf8")).toBe("1\n");
  const { out } = await rota(["history", "1", "--json"]);
  expect(JSON.parse(out)).toMatchObject([{ state: "COMPLETED", restarts: 0 }]);
}, 120_000);

it("takes controller and agents with it when it is killed", async () => {
  const up = startUp();
  await until(() => up.said().includes("rota is up"), up.said);
  const children = childrenOf(up);
  expect(children).toHaveLength(3);
  up.child.kill("SIGKILL");
  await until(() => children.every((pid) => readText(`/proc/${pid}/stat`) === undefined), up.said);
}, 120_000);

it("says why a controller does not come up, and ends", async () => {
  const occupied = startUp();
  await until(() => occupied.said().includes("rota is up"), occupied.said);
  const port = new URL(/http:\/\/[\d.:]+/.exec(occupied.said())![0]).port;
  stateDir = join(folder, "other");
  const up = startUp(["--port", port]);
  expect(await up.exit).toBe(1);
  expect(up.said()).toContain("CONTROLLER_UNREACHABLE: the controller ended while starting");
  expect(up.said()).toContain("EADDRINUSE");
  stateDir = join(folder, "state");
}, 120_000);

function startUp(more: readonly string[] = ["--port", "0"]): Up {
  const [program, ...args] = rotaCommand();
  const words = ["up", "--nodes", "2", "--cpus", "2", "--memory", "1000M", "--state-dir", stateDir, ...more];
  const child = spawn(program!, [...args, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const exit = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "?"));
  });
  const up = { child, said: () => said, exit };
  started.push(up);
  return up;
}

async function rota(args: readonly string[]) {
  const ran = await runWith({ ROTA_STATE_DIR: stateDir, PATH: process.env["PATH"] ?? "" }, args, {
    cwd: folder,
  });
  if (ran.code !== 0) throw new Error(ran.err);
  return ran;
}

async function state(ref: string): Promise<string> {
  const job = await new ControllerClient({ ROTA_STATE_DIR: stateDir }).job(ref);
  return job.ok ? (job.value[0]?.state ?? "no record") : "no answer";
}

function childrenOf(up: Up): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const stat = readText(`/proc/${pid}/stat`) ?? "";
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(up.child.pid);
    })
    .map(Number);
}

/** 0 while there is none. */
function childOf(up: Up, command: string, name: string): number {
  const words = (pid: number): string => (readText(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ");
  return childrenOf(up).find((pid) => words(pid).includes(` ${command} `) && words(pid).includes(name)) ?? 0;
}

/** The last lines of every program's log, for whoever has to find out why. */
function logs(): string {
  const from = join(stateDir, "log");
  const tails = readdirSync(from).map(
    (name) => `${name}:\n${(readText(join(from, name)) ?? "").slice(-4000)}`,
  );
  return tails.join("\n");
}

async function until(isTrue: () => boolean | Promise<boolean>, said: () => string): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`did not happen; rota up said:\n${said()}${logs()}`);
    await sleep(50);
  }
}
