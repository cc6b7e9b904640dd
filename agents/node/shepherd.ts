/**
 * The shepherd: a shell script, one process a job, that starts the batch script in a session of its own, waits for it
 * and writes down how it ended. It outlives the agent, so a restarted agent finds running jobs again and loses no
 * ending. Its text is kept here, so that a bundled program has it, and is written into the state directory at an
 * agent's start. It uses builtins only: besides the job's own programs, a run costs one process. SPARE_TEXT is the same
 * for a shepherd that is started before there is a job for it; see spare.ts.
 */
import { chmodSync, existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// What the two texts below are made of.

const HEAD = "#!/bin/sh\n# Written by rota's agent at its start; do not edit.\n";

/** Exclusive: of two shepherds for one run, one starts it. */
const CLAIM = `set -C
printf '%s\\n' "$stat" 2>/dev/null >"$dir/shepherd" || exit 0
set +C`;

const JOIN = `  for file in $groups; do
    printf '0\\n' >"$file" || { printf 'rota:failed cgroup %s\\n' "$file" >&2; exit 1; }
  done`;

const RUN = `  IFS= read -r stat </proc/self/stat
  pid=\${stat%% *}
  printf '%s\\n' "$stat" >"$dir/pid"
  [ -z "$limit" ] || ulimit -d "$limit"
  trap '' PIPE
  printf 'started %s %s\\n' "$name" "$stat" 2>/dev/null
  trap - PIPE
  [ $# -eq 0 ] || exec "$@" "$dir/launch"
  . "$dir/launch"`;

/** What the script left behind in its group or cgroup ends with it. */
const FINISH = `{
  if IFS= read -r stat <"$dir/pid"; then kill -s KILL -- "-\${stat%% *}"; fi
  for file in $groups; do
    while read -r pid; do kill -s KILL "$pid"; done <"$file"
  done
} 2>/dev/null
times >"$dir/usage"
printf '%s\\n' "$code" >"$dir/status"
trap '' PIPE
printf 'ended %s\\n' "$name" 2>/dev/null
`;

/**
 * Its one argument is the job's directory. The file `place` there sets `limit` (private memory in KiB, or ""), `groups`
 * (cgroup.procs files to join) and the words of a program that runs the launch file as another user (none: the
 * shepherd's own user).
 *
 * A shell's `$?` does not tell exit code 137 from signal 9, but shells write a line on their own stderr when a
 * foreground child dies by a signal, and write none when it exits. That stderr is the file `note`. (No line is written
 * for SIGINT and SIGPIPE, nor by bash for SIGTERM; see job-end.ts.)
 *
 * `status` is one line written by one write; without its newline it does not count. What is printed goes to the agent,
 * which may be gone by then.
 */
export const SHEPHERD_TEXT = `${HEAD}dir=$1 name=\${1##*/}
IFS= read -r stat </proc/self/stat
${CLAIM}
exec 2>>"$dir/note"
set --
. "$dir/place"
(
${JOIN}
${RUN}
)
code=$?
${FINISH}`;

/**
 * A shepherd that is there before its job. Its argument is a directory of its own beside the jobs', with a `place` that
 * has groups only. It joins them, says so, and waits on stdin, a pipe that ends with the agent. By the time it reads a
 * run's name the agent has given directory and groups that run's name, and filled the directory; from there on it is
 * that run's shepherd. With another name, or none, it says so, goes and leaves nothing written.
 */
export const SPARE_TEXT = `${HEAD}cd -P "$1" 2>/dev/null || exit 0
name=\${1##*/}
IFS= read -r stat </proc/self/stat
exec 2>>note
set --
. ./place
(
${JOIN}
  IFS= read -r own </proc/self/stat
  trap '' PIPE
  printf 'ready %s %s|%s\\n' "$name" "$stat" "$own" 2>/dev/null
  trap - PIPE
  IFS= read -r name || exit 0
  exec </dev/null
  { cd -P .; } 2>/dev/null && [ "$name" = "\${PWD##*/}" ] || exit 0
  dir=$PWD
${CLAIM}
  . "$dir/place"
${RUN}
)
code=$?
# The file tells whether the run was given to this shepherd: what the script ends with could be anything.
trap '' PIPE
{ cd -P . && IFS= read -r own <shepherd; } 2>/dev/null && [ "$own" = "$stat" ] || {
  printf 'gone %s\\n' "$name" 2>/dev/null
  exit 0
}
dir=$PWD name=\${PWD##*/}
. "$dir/place"
${FINISH}`;

/** First line of `note` when the launch file could not start the script: `rota:failed stdout`. */
export const FAILED_MARK = "rota:failed ";

/** Programs that a launch uses besides the shell, by absolute path; "" when the host has none. */
export interface HostPrograms {
  readonly shell: string;
  readonly setsid: string;
  readonly setpriv: string;
  readonly runuser: string;
  readonly env: string;
  readonly taskset: string;
}

/** Looks the programs up where systems keep them. dash is preferred: it starts fastest and notes most signals. */
export const findPrograms = (): HostPrograms => ({
  shell: findProgram("dash") || "/bin/sh",
  setsid: findProgram("setsid"),
  setpriv: findProgram("setpriv"),
  runuser: findProgram("runuser"),
  env: findProgram("env") || "/usr/bin/env",
  taskset: findProgram("taskset"),
});

/** Writes a shell text into a directory and gives its path. Running shells keep the text that they began with. */
export const installText = (directory: string, name: string, text: string): string => {
  const path = join(directory, name);
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text);
  chmodSync(fresh, 0o755);
  renameSync(fresh, path);
  return path;
};

const PROGRAM_DIRECTORIES = [
  "/usr/bin",
  "/bin",
  "/usr/sbin",
  "/sbin",
  "/usr/local/bin",
  "/run/current-system/sw/bin",
];

/** Absolute path of a program where systems keep them; "" when there is none. */
export const findProgram = (name: string): string =>
  PROGRAM_DIRECTORIES.map((directory) => `${directory}/${name}`).find((path) => existsSync(path)) ?? "";
