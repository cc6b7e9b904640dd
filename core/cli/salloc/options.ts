/** The options of salloc: those of sbatch that mean an allocation, and its own. Data only. */
import { failure } from "../failure.ts";
import { SBATCH_OPTIONS } from "../sbatch/options.ts";
import { readWhole } from "../sbatch/readers.ts";
import type { SrunOption, SrunReader } from "../srun/draft.ts";

const SBATCH_ONLY = new Set([
  ...[
    "array",
    "batch",
    "error",
    "export",
    "export-file",
    "hold",
    "ignore-pbs",
    "input",
    "no-requeue",
    "open-mode",
  ],
  ...["output", "parsable", "requeue", "test-only", "wait", "wrap", "propagate"],
]);

const shared: readonly SrunOption[] = SBATCH_OPTIONS.filter(({ key }) => !SBATCH_ONLY.has(key)).map(
  ({ env, notInScript: _, ...option }) => ({
    ...option,
    ...(env === undefined ? {} : { env: env.map((name) => name.replace(/^SBATCH_/, "SALLOC_")) }),
  }),
);

const passed: SrunReader = () => undefined;
const immediate: SrunReader = (value, draft, { command }) => {
  const seconds = value === "" ? 1 : readWhole(value);
  if (seconds === undefined || seconds < 0)
    return failure(command, `Invalid numeric value "${value}" for --immediate.`);
  draft.step.set("immediate", String(seconds));
  return undefined;
};

export const SALLOC_OPTIONS: readonly SrunOption[] = [
  ...shared,
  { key: "bell", long: "bell", arg: "none", read: passed, env: ["SALLOC_BELL"] },
  { key: "no-bell", long: "no-bell", arg: "none", read: passed, env: ["SALLOC_NO_BELL"] },
  {
    key: "immediate",
    long: "immediate",
    short: "I",
    arg: "optional",
    read: immediate,
    env: ["SALLOC_IMMEDIATE"],
  },
  { key: "kill-command", long: "kill-command", short: "K", arg: "optional", read: passed },
  {
    key: "no-shell",
    long: "no-shell",
    arg: "none",
    read: (_value, draft) => {
      draft.step.set("no-shell", "");
      return undefined;
    },
  },
];
