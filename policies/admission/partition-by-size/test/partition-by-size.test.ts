/** Cases that `rota policy test` runs: a job, and what must come of it. */
const set = { large: "wide", short: "quick", normal: "batch" };

export const cases = [
  {
    name: "many nodes are large",
    set,
    job: { minNodes: 8, timeLimitS: 600 },
    changed: { partition: "wide" },
    notes: ["Your job goes to partition wide"],
  },
  { name: "many CPUs are large", set, job: { ntasks: 128, cpusPerTask: 4 }, changed: { partition: "wide" } },
  {
    name: "tasks of each node are of all nodes",
    set,
    job: { minNodes: 4, ntasksPerNode: 128 },
    changed: { partition: "wide" },
  },
  { name: "fewer are not", set, job: { ntasks: 127, cpusPerTask: 4 }, changed: { partition: "batch" } },
  { name: "an hour is short", set, job: { timeLimitS: 3600 }, changed: { partition: "quick" } },
  { name: "more is not", set, job: { timeLimitS: 3601 }, changed: { partition: "batch" } },
  { name: "no limit is not short", set, job: {}, changed: { partition: "batch" } },
  {
    name: "who names a partition keeps it",
    set,
    job: { partition: "debug", minNodes: 64 },
    changed: {},
    notes: [],
  },
  { name: "who has a reservation is where that is", set, job: { reservation: "course" }, changed: {} },
  { name: "a site without partitions of size changes nothing", job: { minNodes: 64 }, changed: {} },
  {
    name: "numbers that no integer holds are large, not negative",
    set,
    job: { ntasks: 2147483647, cpusPerTask: 2147483647 },
    changed: { partition: "wide" },
  },
];

export const random = { seed: 1, rounds: 300 };
