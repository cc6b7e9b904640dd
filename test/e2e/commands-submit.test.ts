/** sbatch typed at a real cluster: what each way to submit, option and directive comes to in the job that runs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ME, Shell } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"]);
  shell = new Shell(cluster);
});
afterAll(stopAll);

const path = (name: string): string => join(cluster.workDir, name);
const output = (name: string): string => readFileSync(path(name), "utf8");
const script = (name: string, ...lines: readonly string[]): void =>
  writeFileSync(path(name), `${["#!/bin/bash", ...lines].join("\n")}\n`, { mode: 0o755 });

describe("a script", () => {
  it("is submitted by name, answered with its id, and runs with its arguments where it was submitted", async () => {
    script("args.sh", 'echo "$# [$1] [$2]"; pwd; echo $SLURM_JOB_NAME');
    const answer = await shell.text(`sbatch -W args.sh "a b" --mem=1G`);
    expect(answer).toMatch(/^Submitted batch job \d+\n$/);
    const id = /\d+/.exec(answer)?.[0];
    expect(output(`slurm-${id}.out`)).toBe(`2 [a b] [--mem=1G]\n${cluster.workDir}\nargs.sh\n`);
    expect(await shell.text(`scontrol show job ${id}`)).toContain(
      `Command=${path("args.sh")} a b --mem=1G\n`,
    );
  });

  it("is found on the PATH, and read from stdin when none is named", async () => {
    mkdirSync(path("tools"), { recursive: true });
    script("tools/tool.sh", "echo from the path");
    await shell.text("PATH=$PWD/tools:$PATH sbatch -W -o path.txt tool.sh");
    expect(output("path.txt")).toBe("from the path\n");
    const answer = await shell.text(
      "sbatch -W -o stdin.txt",
      "#!/bin/sh\n#SBATCH -J piped\necho $SLURM_JOB_NAME $0\n",
    );
    expect(answer).toMatch(/^Submitted batch job \d+\n$/);
    expect(output("stdin.txt")).toMatch(/^piped \//);
  });

  it("gives itself options, which the environment and the command line overrule", async () => {
    script(
      "directives.sh",
      '#SBATCH --job-name="a name"  # and a comment',
      "#SBATCH -o 'of %x.txt' --open-mode=truncate",
      "#SBATCH -n 3 --cpus-per-task=1",
      "#SBATCH --comment=first",
      "",
      "# a comment ends nothing",
      "#SBATCH -t 7",
      "echo $SLURM_JOB_NAME $SLURM_NTASKS $SLURM_CPUS_PER_TASK",
      "#SBATCH -n 1",
    );
    const id = await shell.submit("-W directives.sh");
    expect(output("of a name.txt")).toBe("a name 3 1\n");
    expect(await shell.text(`squeue -h -t all -j ${id} -o "%l|%k|%C|%j"`)).toBe("7:00|first|3|a name\n");
    const other = await shell.run("sbatch --parsable -W -n 2 directives.sh", "", {
      SBATCH_TIMELIMIT: "9",
      SBATCH_JOB_NAME: "env",
    });
    expect(await shell.text(`squeue -h -t all -j ${Number(other.out)} -o "%l|%j|%C"`)).toBe("9:00|env|2\n");
  });

  it("is the one that was submitted, whatever becomes of the file", async () => {
    script("changes.sh", "echo first");
    const id = await shell.submit("-H -o changes.txt changes.sh");
    script("changes.sh", "echo second");
    await shell.text(`scontrol release ${id}`);
    await shell.untilState(id, "CD");
    expect(output("changes.txt")).toBe("first\n");
    expect(await shell.text(`scontrol write batch_script ${id} -`)).toBe("#!/bin/bash\necho first\n");
  });
});

describe("output, errors and input", () => {
  it("go where the patterns say", async () => {
    writeFileSync(path("in.named"), "some input\n");
    const id = await shell.submit(
      `-W -J named -o "o %j %x.txt" -e err.%u.%N -i in.%x --wrap "echo out; echo err >&2; cat"`,
    );
    expect(output(`o ${id} named.txt`)).toBe("out\nsome input\n");
    const node = (await shell.text(`squeue -h -t all -j ${id} -o %B`)).trim();
    expect(output(`err.${ME.username}.${node}`)).toBe("err\n");
  });

  it("are kept together without -e, and told apart by task in an array", async () => {
    await shell.text(`sbatch -W -o both.txt --wrap "echo out; echo err >&2"`);
    expect(output("both.txt")).toBe("out\nerr\n");
    const ran = await shell.run(
      `sbatch --parsable -W -a 1-3 -o 'p_%A_%a.%4a' --wrap 'exit $SLURM_ARRAY_TASK_ID'`,
    );
    // The greatest exit code of its tasks.
    expect(ran.code).toBe(3);
    for (const task of [1, 2, 3])
      expect(existsSync(path(`p_${ran.out.trim()}_${task}.000${task}`))).toBe(true);
    const plain = await shell.submit("-W -a 4 --wrap true");
    expect(existsSync(path(`slurm-${plain}_4.out`))).toBe(true);
  });

  it("are appended or begun anew as --open-mode says", async () => {
    const write = (mode: string, word: string): Promise<string> =>
      shell.text(`sbatch -W -o modes.txt --open-mode=${mode} --wrap "echo ${word}"`);
    await write("truncate", "one");
    await write("append", "two");
    expect(output("modes.txt")).toBe("one\ntwo\n");
    await write("truncate", "three");
    expect(output("modes.txt")).toBe("three\n");
  });

  it("are below the directory that -D names", async () => {
    mkdirSync(path("below"), { recursive: true });
    await shell.text("sbatch -W -D below -o here.txt --wrap pwd");
    expect(output("below/here.txt")).toBe(`${path("below")}\n`);
  });
});

describe("a file that cannot be opened", () => {
  it("fails the job, which would fare no better elsewhere", async () => {
    for (const options of ["-i nofile", "-o /nonexistent/out", "-e /nonexistent/err"]) {
      const ran = await shell.run(`sbatch --parsable -W ${options} --wrap true`);
      expect(ran.code).toBe(1);
      const id = ran.out.trim();
      expect(await shell.text(`squeue -h -t all -j ${id} -o "%t %R"`)).toBe("F (JobLaunchFailure)\n");
      expect(await shell.text(`scontrol show job ${id}`)).toContain(" ExitCode=0:53\n");
    }
  });
});

describe("the environment", () => {
  const words = `--wrap 'echo "[$FOO] [$BAR] [$SLURM_JOB_ID]" >env.$SLURM_JOB_NAME'`;
  const typed = async (options: string, name: string): Promise<string> => {
    const ran = await shell.run(`sbatch -W -J ${name} -o /dev/null ${options} ${words}`, "", {
      FOO: "foo",
      BAR: "bar",
    });
    expect(ran.code).toBe(0);
    return output(`env.${name}`).replace(/\[\d+\]/, "[id]");
  };

  it("is the caller's, none of it, or what --export names", async () => {
    expect(await typed("", "all")).toBe("[foo] [bar] [id]\n");
    expect(await typed("--export=ALL", "said")).toBe("[foo] [bar] [id]\n");
    expect(await typed("--export=NONE", "none")).toBe("[] [] [id]\n");
    expect(await typed("--export=FOO", "one")).toBe("[foo] [] [id]\n");
    expect(await typed("--export=ALL,BAR=other", "set")).toBe("[foo] [other] [id]\n");
  });

  it("names the devices that a job was given", async () => {
    await shell.text(
      "sbatch -W --gres=gpu:2 -o gpus.txt --wrap 'echo $CUDA_VISIBLE_DEVICES $SLURM_JOB_GPUS $SLURM_GPUS_ON_NODE'",
    );
    expect(output("gpus.txt")).toBe("0,1 0,1 2\n");
  });
});

describe("the answer", () => {
  it("is the id alone with --parsable, and nothing with --quiet", async () => {
    expect(await shell.text("sbatch --parsable --wrap true")).toMatch(/^\d+\n$/);
    expect(await shell.text("sbatch -Q --wrap true")).toBe("");
  });

  it("waits with --wait and gives the job's exit code", async () => {
    expect(await shell.run(`sbatch --wait -n1 --wrap "exit 4"`)).toEqual({
      out: expect.stringMatching(/^Submitted batch job \d+\n$/),
      err: "",
      code: 4,
    });
    expect((await shell.run("sbatch -W --wrap 'kill -9 $$'")).code).toBe(1);
  });

  it("says with --test-only when and where the job would start, and submits nothing", async () => {
    script("hello.sh", "#SBATCH -n 2 -N 2 -t 5", "true");
    const before = await shell.text("scontrol show config | grep NEXT_JOB_ID");
    const ran = await shell.run("sbatch --test-only hello.sh");
    // Slurm uses up an id for this.
    expect(ran.err).toMatch(
      /^sbatch: Job \d+ to start at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d using 2 processors on nodes n\[?\d.*\d\]? in partition debug\n$/,
    );
    expect({ ...ran, err: "" }).toEqual({ out: "", err: "", code: 0 });
    const later = await shell.run("sbatch --test-only -n1 -b now+1hour --wrap true");
    const startMs = Date.parse(/start at (\S+) using 1 processors on nodes n\d/.exec(later.err)?.[1] ?? "");
    expect(startMs).toBeGreaterThan(Date.now() + 3_500_000);
    expect(await shell.run("sbatch --test-only -N9 -n9 --wrap true")).toEqual({
      out: "",
      err: "allocation failure: Requested node configuration is not available\n",
      code: 1,
    });
    expect(await shell.text("scontrol show config | grep NEXT_JOB_ID")).toBe(before);
  });

  it("is a job whatever QOS is named while none is configured", async () => {
    expect(await shell.text("sbatch -q noqos --wrap hostname")).toMatch(/^Submitted batch job \d+\n$/);
  });
});

describe("the end", () => {
  it("is the time limit's, with the line that Slurm writes and state TO", async () => {
    // Slurm's limits are whole minutes; rota keeps seconds.
    const id = Number(
      JSON.parse(await shell.text(`rota submit --json --time 1s -o limit.txt --wrap "sleep 60"`)).jobId,
    );
    await shell.untilState(id, "TO");
    expect(output("limit.txt")).toMatch(
      new RegExp(
        `^slurmstepd: error: \\*\\*\\* JOB ${id} ON n\\d CANCELLED AT \\S{19} DUE TO TIME LIMIT \\*\\*\\*$`,
        "m",
      ),
    );
    expect(await shell.text(`squeue -h -t all -j ${id} -o "%t %R"`)).toBe("TO (TimeLimit)\n");
  });

  it("is scancel's, with state CA; a signal reaches the job", async () => {
    const id = await shell.submit(
      `-o signal.txt --wrap "trap 'echo got' USR1; touch trap.set; while :; do sleep 0.1; done"`,
    );
    await shell.until("ls trap.set 2>/dev/null || true", "trap.set");
    expect(await shell.run(`scancel -v -s USR1 -b ${id}`)).toEqual({
      out: "",
      err: `scancel: Signal 10 to job ${id}\n`,
      code: 0,
    });
    await shell.until("cat signal.txt", "got");
    expect(await shell.run(`scancel ${id}`)).toEqual({ out: "", err: "", code: 0 });
    await shell.untilState(id, "CA");
    expect(await shell.text(`squeue -h -t all -j ${id} -o "%T"`)).toBe("CANCELLED\n");
    // Ended jobs are passed over in silence.
    expect(await shell.run(`scancel ${id}`)).toEqual({ out: "", err: "", code: 0 });
  });
});
