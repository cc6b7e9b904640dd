/** The jobs of the demo: real batch scripts with #SBATCH lines, and how each is submitted. Data only. */

/** Names of the demo's jobs; a script is NAME.sh and its outputs begin with NAME. */
export const DEMO_JOBS = ["plain", "array", "gang", "fail", "overrun", "gpu", "after"] as const;
export type DemoJob = (typeof DEMO_JOBS)[number];

export interface DemoSubmission {
  readonly job: DemoJob;
  /** What it shows, in a few words. */
  readonly about: string;
  readonly command: "sbatch" | "rota";
  /** Words of the command line; `idOf` gives the id of a job that was submitted before. */
  readonly args: (idOf: (job: DemoJob) => string) => readonly string[];
  readonly script: string;
}

export const ARRAY_TASKS = 8;
export const GANG_NODES = 4;
export const GANG_TASKS_PER_NODE = 2;
export const EXIT_CODE = 3;
export const LIMIT_S = 5;
export const PLAIN_ARGS: readonly string[] = ["two words", "and-one"];

/** In the order of submission. */
export const DEMO_SUBMISSIONS: readonly DemoSubmission[] = [
  {
    job: "plain",
    about: "a plain script with arguments",
    command: "sbatch",
    args: () => ["plain.sh", ...PLAIN_ARGS],
    script: `#!/bin/sh
#SBATCH --job-name=plain --output=plain-%j.out
#SBATCH --time=1 --comment="a plain job"
echo "job $SLURM_JOB_ID runs as $SLURM_JOB_USER on $SLURMD_NODENAME"
for arg in "$@"; do echo "argument: $arg"; done
sleep 3
`,
  },
  {
    job: "array",
    about: `an array of ${ARRAY_TASKS}`,
    command: "sbatch",
    args: () => ["array.sh"],
    script: `#!/bin/sh
#SBATCH --job-name=array
#SBATCH --array=0-${ARRAY_TASKS - 1}
#SBATCH --output=array-%A_%a.out
echo "task $SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_TASK_COUNT of array $SLURM_ARRAY_JOB_ID"
sleep 3
`,
  },
  {
    job: "gang",
    about: `a gang of ${GANG_NODES} nodes that prints its environment`,
    command: "sbatch",
    args: () => ["gang.sh"],
    script: `#!/bin/sh
#SBATCH --job-name=gang
#SBATCH --nodes=${GANG_NODES}
#SBATCH --ntasks-per-node=${GANG_TASKS_PER_NODE}
#SBATCH --output=gang-%j.out
env | grep '^SLURM' | sort
sleep 2
`,
  },
  {
    job: "fail",
    about: `one that fails with exit code ${EXIT_CODE}`,
    command: "sbatch",
    args: () => ["fail.sh"],
    script: `#!/bin/sh
#SBATCH --job-name=fail
#SBATCH --output=fail-%j.out --error=fail-%j.err
echo "this goes wrong" >&2
exit ${EXIT_CODE}
`,
  },
  {
    job: "overrun",
    about: `one that overruns a time limit of ${LIMIT_S} seconds`,
    command: "rota",
    args: () => ["submit", "--time", `${LIMIT_S}s`, "overrun.sh"],
    script: `#!/bin/sh
#SBATCH --job-name=overrun
#SBATCH --output=overrun-%j.out
echo "this takes a minute"
sleep 60
echo "this is never reached"
`,
  },
  {
    job: "gpu",
    about: "one with two GPUs",
    command: "sbatch",
    args: () => ["gpu.sh"],
    script: `#!/bin/sh
#SBATCH --job-name=gpu
#SBATCH --gres=gpu:2
#SBATCH --output=gpu-%j.out
echo "CUDA_VISIBLE_DEVICES=$CUDA_VISIBLE_DEVICES"
sleep 2
`,
  },
  {
    job: "after",
    about: "one that waits for the plain one to succeed",
    command: "sbatch",
    args: (idOf) => [`--dependency=afterok:${idOf("plain")}`, "after.sh"],
    script: `#!/bin/sh
#SBATCH --job-name=after
#SBATCH --output=after-%j.out
echo "the job before has succeeded"
`,
  },
];
