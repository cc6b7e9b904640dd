/** Cases that `rota policy test` runs: a job, and what must come of it. */
const set = { names: "physics=phys, chemistry=chem", closed: "chem", mostS: 7200 };

export const cases = [
  {
    name: "a project's name becomes its account",
    set,
    job: { account: "physics" },
    changed: { account: "phys" },
  },
  { name: "an account's own name stays", set, job: { account: "phys" }, changed: {}, notes: [] },
  { name: "a closed account is refused", set, job: { account: "chem" }, refused: "INVALID_ACCOUNT" },
  { name: "by its other name too", set, job: { account: "chemistry" }, refused: "INVALID_ACCOUNT" },
  {
    name: "a long time limit is capped, and that is told",
    set,
    job: { timeLimitS: 7201, timeMinS: 7201 },
    changed: { timeLimitS: 7200, timeMinS: 7200 },
    notes: ["The time limit here is at most 120 minutes; yours is now that"],
  },
  { name: "a short one stays", set, job: { timeLimitS: 7200 }, changed: {} },
  { name: "a job without one gets the usual", set: { usualS: 600 }, job: {}, changed: { timeLimitS: 600 } },
  {
    name: "an account must be named where it is required",
    set: { required: 1 },
    job: {},
    refused: "ACCOUNT_MISSING",
  },
  { name: "or be there by default", set: { required: 1 }, job: { defaultAccount: "phys" }, admitted: true },
  {
    name: "a change of account is mapped too",
    set,
    job: { account: "bio" },
    update: { account: "physics" },
    changed: { account: "phys" },
  },
  {
    name: "an operator gives more time",
    set,
    job: {},
    update: { operator: true, timeLimitS: 9000 },
    changed: {},
  },
  { name: "a user does not", set, job: {}, update: { timeLimitS: 9000 }, changed: { timeLimitS: 7200 } },
];

export const random = { seed: 1, rounds: 300 };
