/** Cases that `rota policy test` runs: a job, and what must come of it. */
export const cases = [
  {
    name: "a job in a GPU partition without GPUs is refused",
    job: { partition: "gpu" },
    refused: "GPU_REQUEST_MISSING",
  },
  {
    name: "also where it is the second that is named",
    job: { partition: "cpu,gpu" },
    refused: "GPU_REQUEST_MISSING",
  },
  {
    name: "one with a GRES is taken",
    job: { partition: "gpu", gres: "nic:1,gpu:tesla:2" },
    admitted: true,
    changed: {},
  },
  {
    name: "a GRES of another name is none",
    job: { partition: "gpu", gres: "gpumem:4" },
    refused: "GPU_REQUEST_MISSING",
  },
  {
    name: "no GPUs in words are none",
    job: { partition: "gpu", gres: "gpu:0" },
    refused: "GPU_REQUEST_MISSING",
  },
  {
    name: "nor are they of a type, or of the whole job",
    job: { partition: "gpu", gres: "gres:gpu:tesla:0", gpus: "tesla:0", gpusPerTask: "0" },
    refused: "GPU_REQUEST_MISSING",
  },
  { name: "a part of one is one", job: { partition: "gpu", gres: "gpu:0.5" }, admitted: true },
  { name: "a type without a number is one", job: { partition: "gpu", gpus: "tesla" }, admitted: true },
  { name: "GPUs of the whole job count", job: { partition: "gpu", gpus: "2" }, admitted: true },
  {
    name: "GPUs of a task count",
    job: { partition: "gpu", tresPerTask: "cpu:2,gres/gpu:1" },
    admitted: true,
  },
  { name: "other partitions are no matter", job: { partition: "debug" }, admitted: true, changed: {} },
  {
    name: "a job with GPUs goes to the first partition that has some",
    set: { route: 1, partitions: "a100,v100" },
    job: { gpusPerNode: "1" },
    changed: { partition: "a100" },
  },
  { name: "it stays where nobody routes", job: { gpusPerNode: "1" }, changed: {} },
  {
    name: "a job without GPUs is not moved there",
    job: { partition: "debug" },
    update: { partition: "gpu" },
    refused: "GPU_REQUEST_MISSING",
  },
  {
    name: "one with GPUs is",
    job: { partition: "debug", gres: "gpu:1" },
    update: { partition: "gpu" },
    admitted: true,
  },
];

export const random = { seed: 1, rounds: 300 };
