/**
 * Command lines typed at a cluster: each runs in a shell of its own, with the commands of `dist/bin` on the PATH, in the
 * cluster's work folder. `plain` makes what they print comparable with captures: times and this machine's names go.
 */
import { spawn } from "node:child_process";
import { hostname, userInfo } from "node:os";
import { BIN, until } from "./programs.ts";

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/** What a command needs to know of a cluster. */
interface Place {
  readonly workDir: string;
  readonly stateDir: string;
}

/** Longest that a typed command may take. */
const MAX_COMMAND_MS = 55_000;

export class Shell {
  private readonly place: Place;

  constructor(place: Place) {
    this.place = place;
  }

  /** Runs the line as a user would type it; `input` is what comes on stdin. */
  run(line: string, input = "", env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return new Promise((done, fail) => {
      const child = spawn("/bin/sh", ["-c", line], {
        cwd: this.place.workDir,
        env: { ...cleanEnvironment(), ROTA_STATE_DIR: this.place.stateDir, ...env },
        timeout: MAX_COMMAND_MS,
      });
      let [out, err] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        err += text;
      });
      child.on("error", fail);
      child.on("close", (code) => done({ out, err, code }));
      // A command that does not read its input may be gone before it is written.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
    });
  }

  /** Stdout of a line that must succeed. */
  async text(line: string, input = ""): Promise<string> {
    const ran = await this.run(line, input);
    if (ran.code !== 0) throw new Error(`${line}: exit ${ran.code}\n${ran.out}${ran.err}`);
    return ran.out;
  }

  /** Submits with `sbatch ARGS` and gives the id. */
  async submit(args: string, input = ""): Promise<number> {
    return Number((await this.text(`sbatch --parsable ${args}`, input)).trim());
  }

  /** Waits until the line prints the text, blanks around it aside; fails with what it printed last. */
  async until(line: string, wanted: string | RegExp, limitMs = 20_000): Promise<string> {
    let last = "";
    const look = async (): Promise<string | undefined> => {
      last = (await this.text(line)).trim();
      const isThere = typeof wanted === "string" ? last === wanted : wanted.test(last);
      return isThere ? last : undefined;
    };
    return until(`${line} prints ${wanted}`, look, limitMs).catch((error: Error) => {
      throw new Error(`${error.message}; it printed last:\n${last}`);
    });
  }

  /** Waits until squeue gives the job the compact state. */
  untilState(job: number | string, state: string): Promise<string> {
    return this.until(`squeue -h -t all -o %t -j ${job}`, state);
  }
}

/** This process's environment without what would steer the commands. */
function cleanEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !/^(SLURM|SBATCH|SQUEUE|SINFO|SCANCEL|SCONTROL|ROTA)_/.test(name))
      kept[name] = value;
  }
  return { ...kept, PATH: `${BIN}:${process.env["PATH"] ?? "/usr/bin:/bin"}` };
}

export const ME = userInfo();

/** Text with times, user and host made equal, as captures and their live counterparts are compared. */
export function plain(text: string): string {
  return text
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\b/g, "<time>")
    .replace(/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/gm, "<date>")
    .replace(/(RunTime=)\d\d:\d\d:\d\d/g, "$1<run>")
    .replace(/(AllocNode:Sid=)\S+/g, "$1<host>:<sid>")
    .replaceAll(hostname(), "<host>")
    .replaceAll(`${ME.username}(${ME.uid})`, "root(0)")
    .replace(/GroupId=\S+/g, "GroupId=root(0)");
}

export const QUEUE_HEADER =
  "             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)\n";

/** A line of squeue in its default format. Times of running jobs are as `untimed` leaves them. */
export function queueRow(
  id: number | string,
  partition: string,
  name: string,
  state: string,
  nodes: number,
  where: string,
  time = "0:00",
): string {
  const cells = [
    String(id).padStart(18),
    partition.slice(0, 9).padStart(9),
    name.slice(0, 8).padStart(8),
    ME.username.slice(0, 8).padStart(8),
    state.padStart(2),
    time.padStart(10),
    String(nodes).padStart(6),
  ];
  return `${cells.join(" ")} ${where}\n`;
}

/** squeue's text with every TIME at 0:00, as wide as it was. */
export const untimed = (text: string): string => text.replace(/ \d:\d\d(?= +\d+ \S)/g, " 0:00");
