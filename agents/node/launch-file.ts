/**
 * The text of a job's `launch` file: what a shell does, already as the job's user, between the shepherd's fork and the
 * first line of the batch script. Written at each start of a job. Pure: it only makes text, and every word that comes
 * from outside is quoted.
 */
import { FAILED_MARK } from "./shepherd.ts";

export interface LaunchInput {
  /** Path of the copy of the batch script. */
  readonly script: string;
  readonly args: readonly string[];
  readonly workDir: string;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly openMode: "append" | "truncate";
  readonly environment: Readonly<Record<string, string>>;
  /** Programs before the script, each of which replaces itself by the next: setsid, taskset. */
  readonly words: readonly string[];
  /** Absolute path of env(1), for variables that a shell cannot export. */
  readonly env: string;
}

/** The launch file's text. Run by `.` in a subshell, or by a shell of its own under setpriv. */
export const launchText = (input: LaunchInput): string => {
  const { stdin, stdout, stderr, workDir } = input;
  const merged = stdout === stderr;
  const open = input.openMode === "truncate" ? ">" : ">>";
  const names = Object.keys(input.environment);
  const plain = names
    .filter(isExportable)
    .map((name) => `export ${name}=${quoteWord(input.environment[name]!)}`);
  const odd = names.filter((name) => !isExportable(name)).map((name) => `${name}=${input.environment[name]}`);
  const words = [...input.words, ...(odd.length > 0 ? [input.env, ...odd] : []), input.script, ...input.args];
  return [
    "umask 022",
    `cd ${quoteWord(workDir)} 2>/dev/null || { cd /tmp; rota_lost=1; }`,
    `true ${open}${quoteWord(stdout)} || { echo '${FAILED_MARK}stdout' >&2; exit 1; }`,
    merged ? "" : `true ${open}${quoteWord(stderr)} || { echo '${FAILED_MARK}stderr' >&2; exit 1; }`,
    `[ -r ${quoteWord(stdin)} ] || { echo '${FAILED_MARK}stdin' >&2; exit 1; }`,
    // Slurm runs the script in /tmp then, and says so in these words.
    `[ -z "$rota_lost" ] || printf '%s\\n' ${quoteWord(
      `slurmstepd: error: couldn't chdir to \`${workDir}': No such file or directory: going to /tmp instead`,
    )} >>${quoteWord(stderr)}`,
    'rota_pid=$$; [ -z "$pid" ] || rota_pid=$pid',
    "unset LC_ALL OLDPWD pid stat dir name limit groups file rota_lost",
    ...plain,
    'export SLURM_TASK_PID="$rota_pid"',
    `exec ${words.map(quoteWord).join(" ")} <${quoteWord(stdin)} >>${quoteWord(stdout)} ${
      merged ? "2>&1" : `2>>${quoteWord(stderr)}`
    }`,
    "",
  ]
    .filter((line, at, lines) => line !== "" || at === lines.length - 1)
    .join("\n");
};

/** The text of a job's `place` file, which the shepherd reads: limits, cgroups, and how to become the job's user. */
export const placeText = (
  place: { readonly joins: readonly string[]; readonly dataKib: number },
  asUser: readonly string[],
): string =>
  [
    `limit=${place.dataKib > 0 ? place.dataKib : ""}`,
    `groups=${quoteWord(place.joins.join(" "))}`,
    asUser.length > 0 ? `set -- ${asUser.map(quoteWord).join(" ")}` : "",
    "",
  ].join("\n");

/** One word of a shell, whatever is in it. */
export const quoteWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * Names that a shell keeps for itself: exporting them fails, or changes how the lines after it are read. They go
 * through env(1), as do names that are no identifiers, such as exported functions (`BASH_FUNC_ml%%`).
 */
const SHELL_OWN =
  /^(BASH.*|SHELLOPTS|PPID|E?UID|GROUPS|DIRSTACK|FUNCNAME|HISTCMD|S?RANDOM|SECONDS|LINENO|EPOCH.*|COMP_.*|OPTIND|OPTERR|OPTARG|IFS|PIPESTATUS|POSIXLY_CORRECT|rota_pid)$/;

export const isExportable = (name: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !SHELL_OWN.test(name);
