import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { agentRoom } from "../agent-room.ts";
import { startOrder } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;
let jobs = 0;

/** Runs a script to its end and gives the ending and the output. */
const run = async (script: string, more: Parameters<typeof startOrder>[3] = {}) => {
  const jobId = ++jobs;
  controller.order("n1", startOrder(jobId, folder, script, more));
  const ended = await controller.ended(jobId);
  return { jobId, ended, output: existsSync(join(folder, `${jobId}.out`)) ? room.read(`${jobId}.out`) : "" };
};

beforeAll(async () => {
  await room.agent();
});

describe("a started job", () => {
  it("is reported when it starts and when it ends", async () => {
    const { jobId, ended, output } = await run("echo $$; exit 3");
    const started = await controller.started(jobId);
    expect(ended).toMatchObject({ exitCode: 3, signal: 0, cause: "exit", restarts: 0 });
    expect(Number(output)).toBe(started.pid);
    expect(ended.endedMs).toBeGreaterThanOrEqual(ended.startedMs);
    expect(started.startedMs).toBe(ended.startedMs);
  });

  it.each([
    ["exit 0", 0, 0],
    ["exit 137", 137, 0],
    ["exit 143", 143, 0],
    ["exit 130", 130, 0],
    ["exit 255", 255, 0],
    ["kill -9 $$", 0, 9],
    ["kill -TERM $$", 0, 15],
    ["kill -SEGV $$", 0, 11],
    ["kill -HUP $$", 0, 1],
    ["(kill -9 $(sh -c 'echo $PPID')); exit 4", 4, 0],
  ])("that does `%s` has exit code %i and signal %i", async (script, exitCode, signal) => {
    expect((await run(script)).ended).toMatchObject({ exitCode, signal, cause: "exit" });
  });

  it("gets its arguments, word for word", async () => {
    const args = ["one two", "", "it's", "$HOME", "a\nb", "-n", "*", 'q"q', "`id`"];
    const { output } = await run('for a; do printf "[%s]" "$a"; done', { args });
    expect(output).toBe(args.map((arg) => `[${arg}]`).join(""));
  });

  it("is a copy of the script, run by its #! line in its working directory", async () => {
    mkdirSync(join(folder, "wd"));
    const { output } = await run("#!/bin/bash\necho $0; pwd; echo $BASH_VERSION\n", {
      workDir: join(folder, "wd"),
    });
    const [script, directory, version] = output.split("\n");
    expect(script).toMatch(/\/jobs\/\d+\.0\/script$/);
    expect(directory).toBe(join(folder, "wd"));
    expect(version).not.toBe("");
  });

  it("reads its stdin file, and nothing by default", async () => {
    writeFileSync(join(folder, "in.txt"), "hello in");
    expect((await run("cat", { stdin: join(folder, "in.txt") })).output).toBe("hello in");
    expect((await run("cat; echo end")).output).toBe("end\n");
  });

  it("has stderr apart from stdout when they are two files", async () => {
    const stderr = join(folder, "apart.err");
    const { output } = await run("echo out; echo err >&2", { stderr });
    expect([output, room.read("apart.err")]).toEqual(["out\n", "err\n"]);
  });

  it("truncates or appends to its files as asked", async () => {
    const stdout = join(folder, "mode.out");
    const files = { stdout, stderr: stdout };
    await run("echo 1", { ...files, openMode: "append" });
    await run("echo 2; echo 3 >&2", { ...files, openMode: "append" });
    expect(room.read("mode.out")).toBe("1\n2\n3\n");
    await run("echo 4", { ...files, openMode: "truncate" });
    expect(room.read("mode.out")).toBe("4\n");
  });

  it("is in a process group and session of its own", async () => {
    const { jobId, output } = await run("cut -d' ' -f5,6 /proc/$$/stat");
    const { pid } = await controller.started(jobId);
    expect(output).toBe(`${pid} ${pid}\n`);
  });

  it("does not ignore any signal and holds no file of the agent's", async () => {
    const { output } = await run("grep SigIgn /proc/$$/status; ls -l /proc/$$/fd");
    expect(output).toMatch(/^SigIgn:\s+0+\n/);
    const [, ...files] = output.trim().split("\n");
    const own = [`/dev/null`, `${folder}/`, "/script"];
    expect(files.filter((line) => /socket:|\/(note|launch|place|status|pid|shepherd)$/.test(line))).toEqual(
      [],
    );
    expect(files.filter((line) => own.some((name) => line.includes(name))).length).toBeGreaterThanOrEqual(3);
  });

  it("never ran when its output cannot be written, and the report says why", async () => {
    const missing = join(folder, "no", "such", "x.out");
    expect((await run("true", { stdout: missing, stderr: missing })).ended).toMatchObject({
      cause: "launch-failed",
      text: `Could not open stdout file ${missing}: No such file or directory`,
    });
    expect((await run("true", { stdout: folder, stderr: folder })).ended.text).toBe(
      `Could not open stdout file ${folder}: Is a directory`,
    );
    expect((await run("true", { stdin: missing })).ended.text).toBe(
      `Could not open stdin file ${missing}: No such file or directory`,
    );
    expect((await run("true", { stderr: missing })).ended.text).toMatch(/^Could not open stderr file/);
  });

  it("runs in /tmp, and says so, when its working directory is gone", async () => {
    const { output, ended } = await run("pwd", { workDir: join(folder, "gone") });
    expect(ended.exitCode).toBe(0);
    expect(output).toBe(
      `slurmstepd: error: couldn't chdir to \`${folder}/gone': No such file or directory: going to /tmp instead\n/tmp\n`,
    );
  });

  it("starts although its interpreter does not, with the shell's exit code and word", async () => {
    const { ended, output } = await run("#!/no/such/interpreter\n");
    expect(ended).toMatchObject({ exitCode: 127, cause: "exit" });
    expect(output).not.toBe("");
  });

  it("leaves no process behind", async () => {
    const { output } = await run("sleep 300 & echo $!; setsid sh -c 'exec sleep 5' & sleep 0.1; exit 0");
    const pid = Number(output.trim());
    await expect.poll(() => existsSync(`/proc/${pid}/stat`) && !isZombie(pid), { timeout: 5000 }).toBe(false);
  });

  it("that was started is not started again by the same order", async () => {
    const marks = join(folder, "marks");
    const { jobId } = await run(`echo x >>${marks}`);
    controller.order("n1", startOrder(jobId, folder, `echo x >>${marks}`));
    await controller.until(() => (controller.endings(jobId).length === 2 ? true : undefined));
    expect(room.read("marks")).toBe("x\n");
    controller.order("n1", { kind: "forget", jobId, restarts: 0 });
    controller.order("n1", { ...startOrder(jobId, folder, `echo y >>${marks}`), restarts: 1 });
    await controller.until(() => controller.endings(jobId).find((ended) => ended.restarts === 1));
    expect(room.read("marks")).toBe("x\ny\n");
  });

  it("keeps odd names of files and folders", async () => {
    const odd = join(folder, 'it\'s a $(odd) "name"');
    mkdirSync(odd);
    const stdout = join(odd, "o u't");
    await run("pwd", { workDir: odd, stdout, stderr: stdout });
    expect(room.read("it's a $(odd) \"name\"/o u't")).toBe(`${odd}\n`);
    chmodSync(odd, 0o700);
  });
});

const isZombie = (pid: number): boolean => {
  try {
    return / Z /.test(room.read(`../../proc/${pid}/stat`));
  } catch {
    return true;
  }
};
