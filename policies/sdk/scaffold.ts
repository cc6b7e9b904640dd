/**
 * The files of a new policy: a short source, a test that is green and a README. Text only; whoever asks for it writes
 * it to disk.
 */
import type { Declaration } from "./declaration.ts";

export type ScaffoldKind = Declaration["kind"];
export const SCAFFOLD_KINDS: readonly ScaffoldKind[] = [
  ...["priority", "placement", "topology", "preemption", "admission"],
] as readonly ScaffoldKind[];
export const POLICY_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const MAX_POLICY_NAME = 40;

/** Path in the policy's folder → text. The name has been checked against POLICY_NAME. */
export function scaffoldFiles(name: string, kind: ScaffoldKind): Readonly<Record<string, string>> {
  const { source, test, about } = TEXTS[kind](classNameOf(name));
  return {
    [`assembly/${name}.ts`]: source,
    [`test/${name}.test.ts`]: test,
    "README.md": readme(name, kind, about),
    ".gitignore": "build/\n",
  };
}

/** `short-first` → `ShortFirst`; a name that the SDK or the language has gets a word behind it. */
function classNameOf(name: string): string {
  const pascal = name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  return TAKEN.includes(pascal) ? `${pascal}Policy` : pascal;
}

const TAKEN: readonly string[] = [
  ...["Job", "Node", "Leaf", "Cluster", "PendingJob", "RunningJob"],
  ...["Priority", "Placement", "Topology", "Preemption", "Admission", "Submission"],
  ...[
    "Math",
    "Mathf",
    "Map",
    "Set",
    "Array",
    "String",
    "Number",
    "Object",
    "Error",
    "Date",
    "Function",
    "Symbol",
  ],
  ...["Boolean", "Atomics", "Infinity", "Reflect", "Promise", "Uint8Array", "Int32Array", "Float64Array"],
];

interface Texts {
  readonly source: string;
  readonly test: string;
  readonly about: string;
}

const RANDOM = `/** Inputs that the command makes up; the module and its source must agree on every one. */
export const random = { seed: 1, rounds: 100 };
`;

const TEXTS: Readonly<Record<ScaffoldKind, (className: string) => Texts>> = {
  admission: (className) => admissionTexts(className),
  priority: (className) => ({
    about: "Short jobs first, and a job that has waited long before one that has not.",
    source: `import { Cluster, PendingJob, Priority } from "rota/priority";

@final
@policy("0.1.0", "Short jobs first; waiting makes up for length.")
class ${className} extends Priority {
  @parameter(0, 1000, "Seconds of length that a second of waiting makes up for.")
  patience: f64 = 2;

  score(job: PendingJob, cluster: Cluster): f64 {
    return job.ageS * this.patience - <f64>job.timeLimitS;
  }
}
`,
    test: `/** Cases that \`rota policy test\` runs. \`order\` names rows of \`jobs\`, the one that runs first before the others. */
export const cases = [
  {
    name: "of two new jobs the shorter one runs first",
    jobs: [{ timeLimitS: 7200 }, { timeLimitS: 60 }],
    order: [1, 0],
  },
  {
    name: "a long job that has waited runs before a short one",
    set: { patience: 10 },
    jobs: [
      { timeLimitS: 7200, ageS: 3600 },
      { timeLimitS: 60, ageS: 0 },
    ],
    order: [0, 1],
    scores: [28800, -60],
  },
];

${RANDOM}`,
  }),
  placement: (className) => ({
    about: "The node with most CPUs left free, and GPUs kept for jobs that ask for them.",
    source: `import { Job, leftCpus, leftGpus, Node, Placement } from "rota/placement";

@final
@policy("0.1.0", "Takes the node with most CPUs left free.")
class ${className} extends Placement {
  @parameter(0, 1000, "What one GPU left over costs, in CPUs.")
  gpuCost: f32 = 8;

  score(job: Job, node: Node): f32 {
    return <f32>leftCpus(job, node) - <f32>leftGpus(job, node) * this.gpuCost;
  }
}
`,
    test: `/** Cases that \`rota policy test\` runs. \`order\` names rows of \`nodes\`, the best one first. */
export const cases = [
  {
    name: "the emptiest node is taken",
    job: { cpus: 2 },
    nodes: [
      { freeCpus: 4, totalCpus: 16 },
      { freeCpus: 16, totalCpus: 16 },
    ],
    order: [1, 0],
    scores: [2, 14],
  },
  {
    name: "a job without GPUs keeps off nodes that have some",
    set: { gpuCost: 100 },
    job: { cpus: 2, gpus: 0 },
    nodes: [
      { freeCpus: 16, totalCpus: 16, freeGpus: 8, totalGpus: 8 },
      { freeCpus: 4, totalCpus: 16 },
    ],
    order: [1, 0],
  },
];

${RANDOM}`,
  }),
  topology: (className) => ({
    about: "The leaf that holds the whole job with least left over, else the fullest one.",
    source: `import { Job, Leaf, Topology } from "rota/topology";

@final
@policy("0.1.0", "The tightest leaf that holds the job, else the one with most nodes.")
class ${className} extends Topology {
  @parameter(1, 1000000, "What it is worth that one leaf holds all that the job still wants.")
  whole: f64 = 100000;

  score(job: Job, leaf: Leaf, want: i32): f64 {
    if (leaf.feasible >= want) return this.whole - <f64>(leaf.feasible - want);
    return <f64>leaf.feasible;
  }
}
`,
    test: `/**
 * Cases that \`rota policy test\` runs. \`order\` names rows of \`leaves\` in the order in which the job is given nodes of
 * them, \`want\` nodes in all.
 */
export const cases = [
  {
    name: "the tightest leaf that holds the job is taken",
    want: 2,
    leaves: [{ nodes: 8 }, { nodes: 3 }, { nodes: 1 }],
    order: [1],
  },
  {
    name: "a job that no leaf holds begins with the biggest",
    want: 5,
    leaves: [{ nodes: 2 }, { nodes: 4 }, { nodes: 3, feasible: 1 }],
    order: [1, 2],
  },
];

${RANDOM}`,
  }),
  preemption: (className) => ({
    about: "The job of which the least work is lost goes first.",
    source: `import { Preemption, RunningJob } from "rota/preemption";

@final
@policy("0.1.0", "Takes the job of which the least work is lost.")
class ${className} extends Preemption {
  @parameter(0, 1000, "CPUs that a GPU counts as.")
  gpuCpus: f64 = 16;

  cost(job: RunningJob): f64 {
    return job.runS * (<f64>job.cpus + <f64>job.gpus * this.gpuCpus);
  }
}
`,
    test: `/** Cases that \`rota policy test\` runs. \`order\` names rows of \`jobs\`, the one that is ended first before the others. */
export const cases = [
  {
    name: "a job that has just begun is ended before an old one",
    jobs: [
      { runS: 3600, cpus: 4 },
      { runS: 60, cpus: 4 },
    ],
    order: [1, 0],
    scores: [14400, 240],
  },
  {
    name: "GPUs count",
    set: { gpuCpus: 100 },
    jobs: [
      { runS: 60, cpus: 4, gpus: 2 },
      { runS: 60, cpus: 16 },
    ],
    order: [1, 0],
  },
];

${RANDOM}`,
  }),
};

const admissionTexts = (className: string): Texts => ({
  about:
    "Jobs that ask for many nodes go to a partition of their own, and no job is longer than the site allows.",
  source: `import { Admission, Submission } from "rota/admission";

@final
@policy("0.1.0", "Big jobs go to a partition of their own; very long ones are refused.")
class ${className} extends Admission {
  @parameter(1, 100000, "From how many nodes on a job is big.", "nodes")
  bigNodes: i32 = 8;
  @parameter(0, 255, "Partition of big jobs that name none; empty for the default one.")
  bigPartition: string = "";
  @parameter(1, 720, "The longest time limit that a job may ask for.", "hours")
  mostHours: i32 = 72;

  submit(job: Submission): void {
    if (job.timeLimitS > this.mostHours * 3600) {
      job.refuse("TOO_LONG", "Ask for at most " + this.mostHours.toString() + " hours: --time=" + this.mostHours.toString() + ":00:00");
      return;
    }
    if (job.partition == "" && job.minNodes >= this.bigNodes) job.partition = this.bigPartition;
  }

  modify(change: Submission, job: Submission): void {
    if (!change.operator) this.submit(change);
  }
}
`,
  test: `/** Cases that \`rota policy test\` runs: a job, and what must come of it. Fields that it leaves out it does not say. */
export const cases = [
  {
    name: "a big job goes to its partition",
    set: { bigPartition: "wide" },
    job: { minNodes: 8 },
    changed: { partition: "wide" },
  },
  {
    name: "a job that names a partition keeps it",
    set: { bigPartition: "wide" },
    job: { minNodes: 8, partition: "debug" },
    changed: {},
  },
  {
    name: "a very long job is refused",
    set: { mostHours: 1 },
    job: { timeLimitS: 3601 },
    refused: "TOO_LONG",
  },
  {
    name: "a job that runs is not made very long by its user",
    set: { mostHours: 1 },
    job: { timeLimitS: 3600 },
    update: { timeLimitS: 7200 },
    refused: "TOO_LONG",
  },
];

${RANDOM}`,
});

const readme = (name: string, kind: ScaffoldKind, about: string): string => `# ${name}

A ${kind} policy for Rota. ${about}

    rota policy build                  compile to build/${name}.wasm
    rota policy test                   run the cases, and random inputs, as WASM and as TypeScript
    rota policy show build/${name}.wasm   parameters, columns, digest

On a running cluster, as its operator:

    rota policy load ${kind} build/${name}.wasm
    rota policy rollback ${kind}

- \`assembly/${name}.ts\` is the policy: one class with one method. \`@parameter(least, greatest, "what it does", "unit")\`
  makes a field a parameter that the site can set; its initial value is the default.
- \`test/${name}.test.ts\` holds the cases. ${kind === "admission" ? ADMISSION_CASES : CASES}
`;

const CASES = `\`set\` gives parameters, fields that a row leaves out have small defaults, and
  \`order\`, \`scores\` or both say what must come of it.`;
const ADMISSION_CASES = `\`set\` gives parameters, and \`changed\`, \`refused\`, \`admitted\` or
  \`notes\` say what must come of the job.`;
