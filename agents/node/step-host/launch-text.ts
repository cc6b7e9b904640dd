/**
 * The text of a step's launch file on one node: what a shell does, already as the job's user, between a task's fork and
 * its program. One file for all the node's tasks; each is told its rank, its local id and its files as arguments. Pure:
 * it only makes text, and every word that comes from outside is quoted.
 */
import type { StepLaunch } from "../../protocol/step-frames.ts";
import { isExportable, quoteWord } from "../launch-file.ts";
import type { HostStep } from "./control.ts";

/** Arguments: rank, local id, stdin, stdout and stderr files ("" for those that are set already). */
export const stepLaunchText = (
  step: HostStep,
  launch: StepLaunch,
  environment: Readonly<Record<string, string>>,
  programs: { readonly env: string; readonly script: string },
): string => {
  const names = Object.keys(environment);
  const odd = names.filter((name) => !isExportable(name)).map((name) => `${name}=${environment[name]}`);
  const before = [...step.words, ...(odd.length > 0 ? [programs.env, ...odd] : [])].map(quoteWord).join(" ");
  const open = launch.openMode === "append" ? ">>" : ">";
  return [
    `umask ${launch.umask.toString(8).padStart(4, "0")}`,
    `cd ${quoteWord(launch.workDir)} 2>/dev/null || { printf '%s\\n' ${quoteWord(
      `slurmstepd: error: couldn't chdir to \`${launch.workDir}': No such file or directory: going to /tmp instead`,
    )} >&2; cd /tmp; }`,
    "rota_rank=$1 rota_local=$2",
    openText("0", "<", "$3"),
    openText("1", open, "$4"),
    `if [ -n "$5" ] && [ "$5" = "$4" ]; then exec 2>&1; fi`,
    `if [ "$5" != "$4" ]; then ${openText("2", open, "$5")}; fi`,
    programText(launch),
    "unset LC_ALL OLDPWD",
    ...names.filter(isExportable).map((name) => `export ${name}=${quoteWord(environment[name]!)}`),
    'export SLURM_PROCID="$rota_rank" SLURM_LOCALID="$rota_local" SLURM_TASK_PID="$$"',
    ...(launch.pmi ? ['export PMI_RANK="$rota_rank"'] : []),
    taskText(step),
    CHECK,
    "unset rota_rank rota_local rota_path",
    launch.pty === null
      ? `exec ${before} "$@"`
      : `${PTY_COMMAND}
exec ${before} ${quoteWord(programs.script)} -qefc "stty rows ${launch.pty.rows} cols ${launch.pty.columns}; exec $rota_command" /dev/null`,
    "",
  ]
    .filter((text, at, all) => text !== "" || at === all.length - 1)
    .join("\n");
};

/** A file that cannot be opened ends the task, with Slurm's words and the errno's number. */
const openText = (descriptor: string, how: string, word: string): string =>
  `if [ -n "${word}" ]; then { true ${how === ">" ? ">>" : how}"${word}"; } 2>/dev/null || { printf 'slurmstepd: error: Could not open ${DESCRIPTOR_WORDS[descriptor]} file %s\\n' "${word}" >&2; exit 2; }; exec ${descriptor}${how}"${word}"; fi`;

const DESCRIPTOR_WORDS: Readonly<Record<string, string>> = { "0": "stdin", "1": "stdout", "2": "stderr" };

/** Sets the arguments to the task's command line. */
const programText = ({ programs }: StepLaunch): string => {
  const all = programs.find(({ ranks }) => ranks === undefined);
  const set = (argv: readonly string[]): string => `set -- ${argv.map(quoteWord).join(" ")}`;
  const some = programs.filter(({ ranks }) => ranks !== undefined);
  const rest = all === undefined ? "exit 0" : set(all.argv);
  if (some.length === 0) return rest;
  const cases = some.map(({ ranks, argv }) => `${ranks!.join("|")}) ${set(argv)} ;;`);
  return ["case $rota_rank in", ...cases, `*) ${rest} ;;`, "esac"].join("\n");
};

/** What differs from task to task of the node: its devices. */
const taskText = ({ taskEnvironments }: HostStep): string => {
  if (taskEnvironments.length <= 1) return "";
  const cases = taskEnvironments.map((own, local) => {
    const sets = Object.keys(own)
      .filter(isExportable)
      .map((name) => `${name}=${quoteWord(own[name]!)}`);
    return `${local}) ${sets.length === 0 ? ":" : `export ${sets.join(" ")}`} ;;`;
  });
  return ["case $rota_local in", ...cases, "esac"].join("\n");
};

/** A program that cannot be executed: Slurm says why and ends the task with the errno. */
const CHECK = `case $1 in
*/*) rota_path=$1 ;;
*) rota_path=$(command -v -- "$1") ;;
esac
if [ ! -e "$rota_path" ]; then
  printf 'slurmstepd: error: execve(): %s: No such file or directory\\n' "$1" >&2
  exit 2
fi
if [ ! -f "$rota_path" ] || [ ! -x "$rota_path" ]; then
  printf 'slurmstepd: error: execve(): %s: Permission denied\\n' "$1" >&2
  exit 13
fi`;

/** The command line as one word of a shell, for script(1). */
const PTY_COMMAND = `rota_command=
for rota_word do
  rota_command="$rota_command '$(printf '%s' "$rota_word" | sed "s/'/'\\\\\\\\''/g")'"
done`;
