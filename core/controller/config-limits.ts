/** The `limits:` of accounts, users and QOS in rota.yaml: Slurm's limits under their names in lower case. Reads a document; pure. */
import type { LimitSet, TresAmounts } from "../model/account.ts";
import { MAX_MEMORY_MIB } from "../model/memory.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

/** Keys that hold amounts by TRES, with the field that each fills. */
const TRES_KEYS = {
  grp_tres: "grpTres",
  grp_tres_mins: "grpTresMins",
  grp_tres_run_mins: "grpTresRunMins",
  max_tres_per_job: "maxTresPerJob",
  max_tres_per_node: "maxTresPerNode",
  max_tres_mins_per_job: "maxTresMinsPerJob",
  min_tres_per_job: "minTresPerJob",
  max_tres_per_user: "maxTresPerUser",
  max_tres_per_account: "maxTresPerAccount",
} as const satisfies Readonly<Record<string, keyof LimitSet>>;
const COUNT_KEYS = {
  grp_jobs: "grpJobs",
  grp_submit_jobs: "grpSubmitJobs",
  max_jobs: "maxJobs",
  max_submit_jobs: "maxSubmitJobs",
  max_jobs_per_account: "maxJobsPerAccount",
  max_submit_jobs_per_account: "maxSubmitJobsPerAccount",
} as const satisfies Readonly<Record<string, keyof LimitSet>>;
const TIME_KEYS = { grp_wall: "grpWallS", max_wall: "maxWallS" } as const satisfies Readonly<
  Record<string, keyof LimitSet>
>;
/** What only a QOS can have: an association is of one user or account already. */
const QOS_ONLY = [
  "min_tres_per_job",
  "max_tres_per_user",
  "max_tres_per_account",
  "max_jobs_per_account",
  "max_submit_jobs_per_account",
];
/** Slurm's limits on how many waiting jobs gain priority by age. */
const ACCRUE = ["grp_jobs_accrue", "max_jobs_accrue", "max_jobs_accrue_per_account"];
const MAX_COUNT = 2_147_483_647;
const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;
const TRES_NAME = /^(cpu|mem|node|billing|gres\/[A-Za-z0-9_.-]{1,64}(:[A-Za-z0-9_.-]{1,64})?)$/;
const TRES_WORDS = "cpu, mem, node, billing, gres/gpu or gres/gpu:TYPE";

/** The limits that stand at `spot`, none where nothing does. `of` says what may have which. */
export function readLimits(
  document: ConfigDocument,
  spot: Spot | undefined,
  of: "account" | "qos",
): LimitSet {
  const known = [...Object.keys(TRES_KEYS), ...Object.keys(COUNT_KEYS), ...Object.keys(TIME_KEYS)];
  const elsewhere = "it is a limit of a QOS; an association is of one user or account already";
  const accrue = "which jobs gain age is not limited by this version";
  const others = of === "qos" ? [] : QOS_ONLY;
  const fields = document.fields(
    spot,
    known.filter((key) => !others.includes(key)),
    Object.fromEntries([...others.map((key) => [key, elsewhere]), ...ACCRUE.map((key) => [key, accrue])]),
  );
  const limits: { -readonly [Key in keyof LimitSet]: LimitSet[Key] } = {};
  for (const [key, field] of entriesOf(TRES_KEYS)) {
    const amounts = readTres(document, fields.get(key), key.endsWith("_mins"));
    if (amounts !== undefined) limits[field] = amounts;
  }
  for (const [key, field] of entriesOf(COUNT_KEYS)) {
    const count = document.integer(fields.get(key), 0, MAX_COUNT);
    if (count !== undefined) limits[field] = count;
  }
  for (const [key, field] of entriesOf(TIME_KEYS)) {
    const seconds = document.durationS(fields.get(key), 1, false);
    if (seconds !== undefined) limits[field] = seconds;
  }
  return limits;
}

/** `{cpu: 512, mem: 4T, gres/gpu: 64}`; memory by itself has a unit, memory minutes are MiB minutes. */
function readTres(
  document: ConfigDocument,
  spot: Spot | undefined,
  isMinutes: boolean,
): TresAmounts | undefined {
  if (spot === undefined) return undefined;
  if (!document.isMapping(spot)) {
    return document.fault(
      spot.offset,
      `${spot.name} is no mapping; write names and amounts, as {cpu: 512, gres/gpu: 64}`,
    );
  }
  const amounts: Record<string, number> = {};
  for (const [name, value] of document.fields(spot, document.keys(spot))) {
    if (!TRES_NAME.test(name)) {
      document.fault(value.offset, `${JSON.stringify(name.slice(0, 64))} is no TRES; write ${TRES_WORDS}`);
      continue;
    }
    const isMemory = name === "mem" && !isMinutes;
    const amount = isMemory ? document.memoryMib(value, 0) : document.integer(value, 0, MAX_AMOUNT);
    if (amount !== undefined) amounts[name] = isMemory ? Math.min(amount, MAX_MEMORY_MIB) : amount;
  }
  return amounts;
}

const entriesOf = <Keys extends Readonly<Record<string, keyof LimitSet>>>(
  keys: Keys,
): [string, Keys[keyof Keys]][] => Object.entries(keys) as [string, Keys[keyof Keys]][];
