import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { JobDir } from "../../../agents/node/job-dir.ts";
import { exitOf, failedStep } from "../../../agents/node/job-end.ts";
import { launchText, placeText } from "../../../agents/node/launch-file.ts";
import { findPrograms, installText, SHEPHERD_TEXT, SPARE_TEXT } from "../../../agents/node/shepherd.ts";

const folder = mkdtempSync(join(tmpdir(), "rota-shepherd-"));
const programs = findPrograms();
const shepherd = installText(folder, "shepherd.sh", SHEPHERD_TEXT);
const spare = installText(folder, "spare.sh", SPARE_TEXT);
const shells = [["/bin/dash"], ["/bin/bash"], ["/bin/bash", "--posix"], ["/bin/busybox", "sh"]].filter(
  ([path]) => existsSync(path!),
);
let runs = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A job folder that is prepared for a shepherd; `from` was a spare one's. */
const prepare = (script: string, from?: string): JobDir => {
  const dir = new JobDir(join(folder, `${++runs}.0`));
  const none = {
    timeLimitS: 1,
    name: "",
    user: "",
    uid: 0,
    gid: 0,
    jobId: runs,
    restarts: 0,
    openMode: "append" as const,
  };
  const out = join(folder, `${runs}.out`);
  const files = { workDir: folder, stdin: "/dev/null", stdout: out, stderr: out };
  const order = { ...none, ...files, cpus: 1, memMib: 0, devices: [], graceMs: 0 };
  dir.create({ bootId: "", receivedMs: 0, order }, from);
  const launch = launchText({
    ...files,
    script: dir.script,
    args: [],
    openMode: "append",
    environment: { "ODD-NAME": "1" },
    words: programs.setsid === "" ? [] : [programs.setsid],
    env: programs.env,
  });
  dir.fill({ script: `#!/bin/sh\n${script}\n`, launch, place: placeText({ joins: [], dataKib: 0 }, []) });
  return dir;
};

const run = async (shell: readonly string[], script: string): Promise<{ dir: JobDir; said: string }> => {
  const dir = prepare(script);
  const child = spawn(shell[0]!, [...shell.slice(1), shepherd, dir.path], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.on("data", (text: Buffer) => {
    said += text.toString();
  });
  await new Promise<void>((resolve) => child.on("close", () => resolve()));
  return { dir, said };
};

describe.each(shells)("the shepherd under %s", (...shell) => {
  it.each([
    ["exit 7", 7, 0],
    ["exit 137", 137, 0],
    ["exit 143", 143, 0],
    ["kill -9 $$", 0, 9],
    ["kill -HUP $$", 0, 1],
    ["kill -ABRT $$", 0, 6],
    ["kill -USR1 $$", 0, 10],
  ])("tells how `%s` ended", async (script, exitCode, signal) => {
    const { dir } = await run(shell, script);
    expect(exitOf(dir.status()!, dir.note(), new Set())).toEqual({ exitCode, signal });
  });

  it("says when the script starts and when it has ended", async () => {
    const { dir, said } = await run(shell, "exit 0");
    const { pid } = dir.process()!;
    expect(said).toMatch(new RegExp(`^started ${runs}\\.0 ${pid} \\([^\\n]*\\nended ${runs}\\.0\\n$`));
    expect(dir.cpuTimeMs()).toBeGreaterThanOrEqual(0);
  });

  it("runs a script once, however many shepherds there are", async () => {
    const { dir } = await run(shell, `echo once >>${folder}/once-${runs + 1}`);
    const mark = join(folder, `once-${runs}`);
    rmSync(mark);
    const again = spawn(shell[0]!, [...shell.slice(1), shepherd, dir.path], { stdio: "ignore" });
    await new Promise<void>((resolve) => again.on("close", () => resolve()));
    expect(existsSync(mark)).toBe(false);
  });

  it("goes on when nobody listens any more", async () => {
    const { dir } = await run(shell, "true");
    const next = new JobDir(join(folder, `${++runs}.0`));
    next.create({ ...dir.order()! });
    next.fill({
      script: "#!/bin/sh\nsleep 0.2\nexit 6\n",
      launch: `exec ${next.script} >/dev/null 2>&1\n`,
      place: placeText({ joins: [], dataKib: 0 }, []),
    });
    const child = spawn(shell[0]!, [...shell.slice(1), shepherd, next.path], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    child.stdout.destroy();
    await new Promise<void>((resolve) => child.on("exit", () => resolve()));
    expect(next.status()).toBe(6);
  });
});

/** A spare shepherd that has said it is ready. */
const waitingSpare = async (shell: readonly string[]) => {
  const dir = new JobDir(join(folder, `spare.${++runs}`));
  dir.make();
  dir.savePlace(placeText({ joins: [], dataKib: 0 }, []));
  const child = spawn(shell[0]!, [...shell.slice(1), spare, dir.path], {
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  let said = "";
  const ready = new Promise<void>((resolve) =>
    child.stdout.on("data", (text: Buffer) => {
      said += text.toString();
      resolve();
    }),
  );
  const gone = new Promise<string>((resolve) => child.on("close", () => resolve(said)));
  await ready;
  return { path: dir.path, tell: (text: string) => child.stdin.end(text), gone };
};

describe.each(shells)("the spare shepherd under %s", (...shell) => {
  it.each([
    ["exit 7", 7, 0],
    ["exit 137", 137, 0],
    ["kill -9 $$", 0, 9],
    ["[ -t 3 ] || ! true >&3", 0, 0],
  ])("starts the run whose name it is told, and tells how `%s` ended", async (script, exitCode, signal) => {
    const waiting = await waitingSpare(shell);
    const dir = prepare(script, waiting.path);
    waiting.tell(`${runs}.0\n`);
    const said = await waiting.gone;
    const { pid } = dir.process()!;
    expect(said).toMatch(
      new RegExp(
        `^ready spare\\.\\d+ \\d+ \\([^\\n]*\\|${pid} \\([^\\n]*\\nstarted ${runs}\\.0 ${pid} \\([^\\n]*\\nended ${runs}\\.0\\n$`,
      ),
    );
    expect(said.startsWith(`ready spare.${runs - 1} ${dir.shepherd()!.pid} (`)).toBe(true);
    expect(exitOf(dir.status()!, dir.note(), new Set())).toEqual({ exitCode, signal });
    expect(dir.cpuTimeMs()).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ["its line ends", ""],
    ["its line ends within a name", "NAME"],
    ["it is told another name", "999999.0\n"],
  ])("goes and starts nothing when %s", async (_why, text) => {
    const waiting = await waitingSpare(shell);
    const dir = prepare(`echo once >${folder}/never-${runs}`, waiting.path);
    waiting.tell(text.replace("NAME", `${runs}.0`));
    await waiting.gone;
    expect(readdirSync(dir.path).sort()).toEqual(["launch", "note", "order.json", "place", "script"]);
    expect(dir.note()).toBe("");
    expect(existsSync(join(folder, `never-${runs}`))).toBe(false);
  });

  it("leaves a run alone that has another shepherd, or whose folder is gone", async () => {
    const claimed = await waitingSpare(shell);
    const dir = prepare("exit 1", claimed.path);
    expect(dir.claim()).toBe(true);
    claimed.tell(`${runs}.0\n`);
    expect(await claimed.gone).not.toContain("started");
    expect(dir.process()).toBeUndefined();
    expect(dir.status()).toBeUndefined();
    const left = await waitingSpare(shell);
    renameSync(left.path, join(folder, `${runs}.9`));
    rmSync(join(folder, `${runs}.9`), { recursive: true });
    left.tell(`${runs}.9\n`);
    expect(await left.gone).not.toContain("started");
    expect(existsSync(join(folder, `${runs}.9`))).toBe(false);
  });
});

describe("how a job ended", () => {
  it("needs this agent's signal where shells note none", () => {
    expect(exitOf(130, "", new Set())).toEqual({ exitCode: 130, signal: 0 });
    expect(exitOf(130, "", new Set([2]))).toEqual({ exitCode: 0, signal: 2 });
    expect(exitOf(200, "something", new Set())).toEqual({ exitCode: 200, signal: 0 });
  });

  it("is not known from a status that is not whole", () => {
    const dir = new JobDir(folder);
    for (const text of ["", "1", "12", "x\n", "1\n2\n"]) {
      writeFileSync(join(folder, "status"), text);
      expect(dir.status()).toBeUndefined();
    }
    writeFileSync(join(folder, "status"), "12\n");
    expect(dir.status()).toBe(12);
  });

  it("includes what could not be opened", () => {
    expect(failedStep("sh: cannot create\nrota:failed stdout\n")).toBe("stdout");
    expect(failedStep("Killed\n")).toBeUndefined();
  });
});
