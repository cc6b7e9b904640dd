/**
 * The binary interface between the controller and policy modules, as data. `codegen.ts` writes the host's and the
 * guest's code from it; nothing else may spell out an offset, a kind number or a signature.
 *
 * APPEND ONLY. Within a major version entries are never removed, renamed, reordered or retyped: a new column, job
 * field or optional export goes at the end of its list with `since` set to the new minor version. A host serves every
 * module of its own major version whose minor version is not above its own. Anything else needs a new major version.
 */
export type AbiType = "i32" | "u8" | "f32" | "f64" | "i16x16";

/** Bytes of one row. */
export const WIDTH: Record<AbiType, number> = { i32: 4, u8: 1, f32: 4, f64: 8, i16x16: 32 };

export interface AbiField {
  readonly name: string;
  readonly type: AbiType;
  /** Minor version that brought it. */
  readonly since: number;
  readonly doc: string;
}

/** Export or import name → signature, as `(i32,f64)->(i32)`. */
export type AbiFunctions = Readonly<Record<string, string>>;

export interface AbiSchema {
  readonly major: number;
  readonly minor: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly constants: readonly string[];
  readonly blockAlignment: number;
  readonly headBytes: number;
  readonly jobFields: readonly AbiField[];
  readonly nodeAreas: readonly AbiField[];
  readonly nodeColumns: readonly AbiField[];
  readonly batchFields: readonly AbiField[];
  readonly batchAreas: readonly AbiField[];
  readonly batchColumns: readonly AbiField[];
  readonly victimAreas: readonly AbiField[];
  readonly victimColumns: readonly AbiField[];
  readonly shareFields: readonly AbiField[];
  readonly shareAreas: readonly AbiField[];
  readonly shareColumns: readonly AbiField[];
  readonly typicalColumns: readonly AbiField[];
  readonly exports: Readonly<Record<string, AbiFunctions>>;
  readonly sharing: AbiFunctions;
  readonly imports: AbiFunctions;
  readonly faults: Readonly<Record<string, string>>;
}

export const ABI: AbiSchema = {
  major: 1,
  minor: 4,

  /** A module exports its kind as the constant `kind`. Version 1 serves the kinds that `exports` names. */
  kinds: { admission: 1, priority: 2, placement: 3, topology: 4, preemption: 5 },

  /** Immutable i32 globals that every module exports; the host reads them from the binary, before any code runs. */
  constants: ["abi_major", "abi_minor", "kind"],

  /**
   * `allocate(rows)` gives the address of one block, aligned so, with room for `rows` rounded up to a multiple of it:
   * a head of `headBytes` (the job, or the batch's scalars; unused bytes are zero), the areas, then the columns.
   */
  blockAlignment: 64,
  headBytes: 128,

  /** The job at hand, at the start of a node block, each field at its natural alignment. */
  jobFields: [
    { name: "jobId", type: "i32", since: 0, doc: "The job's id." },
    { name: "nodes", type: "i32", since: 0, doc: "Nodes that the job wants." },
    { name: "tasksPerNode", type: "i32", since: 0, doc: "Tasks on its fullest node." },
    { name: "cpus", type: "i32", since: 0, doc: "CPUs it takes of each node; -1 for all of them." },
    { name: "memMib", type: "i32", since: 0, doc: "Memory it takes of each node, MiB; -1 for all of it." },
    { name: "gpus", type: "i32", since: 0, doc: "Whole GPUs it takes of each node; -1 for all of them." },
    { name: "timeLimitS", type: "i32", since: 0, doc: "Time limit, seconds." },
    { name: "partition", type: "i32", since: 0, doc: "Index of its partition." },
    { name: "priority", type: "f64", since: 0, doc: "Its priority." },
  ],

  /** What host and module hand over for each node. */
  nodeAreas: [
    { name: "mask", type: "u8", since: 0, doc: "Not 0 where the node is feasible." },
    { name: "out", type: "i32", since: 0, doc: "Rows that the module chose, best first." },
    {
      name: "scores",
      type: "f32",
      since: 0,
      doc: "Placement score of each feasible node; higher is better.",
    },
  ],

  nodeColumns: [
    { name: "freeCpus", type: "i32", since: 0, doc: "CPUs that no job holds." },
    { name: "totalCpus", type: "i32", since: 0, doc: "CPUs of the node." },
    { name: "freeMemMib", type: "i32", since: 0, doc: "Memory that no job holds, MiB." },
    { name: "totalMemMib", type: "i32", since: 0, doc: "Memory of the node, MiB." },
    { name: "freeGpus", type: "u8", since: 0, doc: "GPUs that are wholly free, 0 to 16." },
    { name: "totalGpus", type: "u8", since: 0, doc: "GPUs of the node, 0 to 16." },
    { name: "hardwareClass", type: "i32", since: 0, doc: "Equal for nodes of the same make." },
    { name: "topologyLeaf", type: "i32", since: 0, doc: "Leaf switch or block of the node; -1 for none." },
    {
      name: "level0",
      type: "i32",
      since: 3,
      doc: "The node's place at the highest level of the topology: a switch, block or group, or a coordinate; -1 for none.",
    },
    { name: "level1", type: "i32", since: 3, doc: "The same one level below; -1 where there is none." },
    { name: "level2", type: "i32", since: 3, doc: "The same two levels below; -1 where there is none." },
    {
      name: "freeLanes",
      type: "i32",
      since: 3,
      doc: "Bit l is set where the device in lane l is wholly free, as it was when the pass began.",
    },
  ],

  /** What holds for a whole batch of pending jobs, at the start of a batch block. */
  batchFields: [
    { name: "nodes", type: "i32", since: 0, doc: "Nodes of the cluster." },
    { name: "cpus", type: "i32", since: 0, doc: "CPUs of the cluster." },
  ],

  batchAreas: [
    {
      name: "priority",
      type: "f64",
      since: 0,
      doc: "The priority that the module gives; higher runs first.",
    },
  ],

  batchColumns: [
    { name: "ageS", type: "f64", since: 0, doc: "Seconds since the job became eligible." },
    {
      name: "partitionFactor",
      type: "f64",
      since: 0,
      doc: "Partition's priority over the greatest, 0 to 1.",
    },
    { name: "qosFactor", type: "f64", since: 0, doc: "QOS's priority over the greatest, 0 to 1." },
    { name: "jobId", type: "i32", since: 0, doc: "The job's id." },
    { name: "nodes", type: "i32", since: 0, doc: "Nodes that the job wants." },
    { name: "cpus", type: "i32", since: 0, doc: "CPUs that the job wants, of all its nodes." },
    { name: "timeLimitS", type: "i32", since: 0, doc: "Time limit, seconds." },
    { name: "nice", type: "i32", since: 0, doc: "Nice value; higher runs later." },
    { name: "submitS", type: "f64", since: 1, doc: "When the job was submitted, epoch seconds." },
    { name: "fairshare", type: "f64", since: 1, doc: "Fair share of its user in its account, 0 to 1." },
    {
      name: "assocFactor",
      type: "f64",
      since: 1,
      doc: "Priority of its association over the greatest, 0 to 1.",
    },
    { name: "tresCpu", type: "f64", since: 1, doc: "CPUs of the job over those of its partition, 0 to 1." },
    { name: "tresMem", type: "f64", since: 1, doc: "Memory of the job over that of its partition, 0 to 1." },
    { name: "tresGpu", type: "f64", since: 1, doc: "GPUs of the job over those of its partition, 0 to 1." },
    { name: "siteFactor", type: "f64", since: 1, doc: "Points that the site gives the job; any number." },
  ],

  /** Running jobs that may be preempted, one row a job; their block has an empty head. */
  victimAreas: [
    {
      name: "cost",
      type: "f64",
      since: 2,
      doc: "What preempting the job costs by the module; the least is taken first.",
    },
  ],

  victimColumns: [
    { name: "priority", type: "f64", since: 2, doc: "What the job was ranked by when it started." },
    { name: "runS", type: "f64", since: 2, doc: "Seconds that it has run." },
    { name: "leftS", type: "f64", since: 2, doc: "Seconds until its time limit ends it." },
    { name: "qosPriority", type: "f64", since: 2, doc: "Priority of its QOS; 0 without one." },
    { name: "jobId", type: "i32", since: 2, doc: "The job's id." },
    { name: "nodes", type: "i32", since: 2, doc: "Nodes that it holds." },
    { name: "cpus", type: "i32", since: 2, doc: "CPUs that it holds, of all its nodes." },
    { name: "gpus", type: "i32", since: 2, doc: "Whole GPUs that it holds, of all its nodes." },
    { name: "tier", type: "i32", since: 2, doc: "Priority tier of its partition." },
    { name: "restarts", type: "i32", since: 2, doc: "How often it has been started again." },
    {
      name: "requeued",
      type: "i32",
      since: 2,
      doc: "1 where it goes back to the queue, 0 where it is cancelled.",
    },
  ],

  /** The job at hand of a block of shared nodes, where devices are shared by thousandths. */
  shareFields: [
    { name: "cpuMilli", type: "i32", since: 4, doc: "CPUs that it takes, thousandths." },
    { name: "memMib", type: "i32", since: 4, doc: "Memory that it takes, MiB." },
    { name: "gpus", type: "i32", since: 4, doc: "GPUs that it takes a part of, or the whole; 0 for none." },
    { name: "gpuMilli", type: "i32", since: 4, doc: "Thousandths of each GPU, 1 to 1000; 0 without GPU." },
    { name: "models", type: "i32", since: 4, doc: "GPU models that it may use, a bit each; -1 for any." },
  ],

  /** `out` are devices here, one of them as often as the job takes parts of it. */
  shareAreas: [
    { name: "mask", type: "u8", since: 4, doc: "Not 0 where the node holds the job and is to be scored." },
    { name: "out", type: "i32", since: 4, doc: "Devices that the module chose on one node." },
    { name: "scores", type: "f32", since: 4, doc: "Score of each node in the mask; higher is better." },
  ],

  shareColumns: [
    { name: "freeCpuMilli", type: "i32", since: 4, doc: "CPUs that no job holds, thousandths." },
    { name: "freeMemMib", type: "i32", since: 4, doc: "Memory that no job holds, MiB." },
    { name: "gpus", type: "i32", since: 4, doc: "GPUs of the node, 0 to 16." },
    { name: "model", type: "i32", since: 4, doc: "Model of its GPUs, 0 to 30; -1 without GPU." },
    {
      name: "freeGpuMilli",
      type: "i32",
      since: 4,
      doc: "Thousandths of its GPUs that no job holds, in all.",
    },
    {
      name: "kinds",
      type: "i32",
      since: 4,
      doc: "Kinds of jobs with GPUs that it holds: bit 0 for parts of a device, bit n for n devices.",
    },
    { name: "free", type: "i16x16", since: 4, doc: "Thousandths of each device that no job holds." },
  ],

  /** The jobs that are expected, one row a class of alike ones, the most frequent first. Their block has an empty head. */
  typicalColumns: [
    { name: "cpuMilli", type: "i32", since: 4, doc: "CPUs of one such job, thousandths." },
    { name: "gpus", type: "i32", since: 4, doc: "GPUs that it takes a part of, or the whole." },
    { name: "gpuMilli", type: "i32", since: 4, doc: "Thousandths of each." },
    { name: "models", type: "i32", since: 4, doc: "GPU models that it may use, a bit each; -1 for any." },
    { name: "count", type: "f64", since: 4, doc: "How many there were." },
  ],

  /** `all` holds for every kind. Only kinds named here can be loaded. */
  exports: {
    all: { setParameter: "(i32,f64)->()" },
    /** rank(count): writes `priority` of rows 0 to count - 1. */
    priority: { allocate: "(i32)->(i32)", rank: "(i32)->()" },
    /** begin(count): the columns are new. place(count, want): writes `out`, gives how many.
     * score(count): writes `scores` where the mask byte is not 0, and nowhere else. */
    placement: {
      allocate: "(i32)->(i32)",
      begin: "(i32)->()",
      place: "(i32,i32)->(i32)",
      score: "(i32)->()",
    },
    /** choose(count, want): reads `mask` and `scores`, writes `out` in rank order, gives how many. */
    topology: { allocate: "(i32)->(i32)", begin: "(i32)->()", choose: "(i32,i32)->(i32)" },
    /** weigh(count): writes `cost` of rows 0 to count - 1. Since minor version 2. */
    preemption: { allocate: "(i32)->(i32)", weigh: "(i32)->()" },
    /** Since minor version 4. Its block is a message, as `admission.schema.ts` has it: allocate(bytes) makes room for one.
     * setText(index, characters): a text parameter, which lies at the block's start as UTF-16. submit(slots): the message
     * is a submission. modify(slots): it is an update, with the job as it stands beside it. Both write their answer into it. */
    admission: {
      allocate: "(i32)->(i32)",
      setText: "(i32,i32)->()",
      submit: "(i32)->()",
      modify: "(i32)->()",
    },
  },

  /**
   * What a placement module exports beside its own if it chooses parts of devices, all of it or nothing. Since minor
   * version 4. The two allocates are as above, for shared nodes and for typical jobs. beginSharing(count, typical): both
   * tables are new; `jobs` is of how many jobs the typical ones are a part. scoreSharing(count): writes `scores` where the
   * mask byte is not 0; what it gives depends on the job, the node and the typical jobs only, unless the module imports
   * `random`. toll(model): what a node of this model costs the job besides, as all nodes are now; -1 for nodes without GPU.
   * chooseDevices(row): writes `out`, gives how many.
   */
  sharing: {
    allocateShare: "(i32)->(i32)",
    allocateTypical: "(i32)->(i32)",
    beginSharing: "(i32,i32,i32)->()",
    scoreSharing: "(i32)->()",
    toll: "(i32)->(f64)",
    chooseDevices: "(i32)->(i32)",
  },

  /**
   * All that a module may import besides `env.memory`, which it must. `abort(message, file, line, column)` ends the
   * call; `log(message)` is bounded; `random()` gives 0 <= x < 1 from the host's seed. Messages are AssemblyScript strings.
   */
  imports: { abort: "(i32,i32,i32,i32)->()", log: "(i32)->()", random: "()->(f64)" },

  /** What the host says of a wrong answer, by code of its error table. */
  faults: {
    POLICY_TRAP: "the call trapped, aborted or overflowed its stack",
    POLICY_MEMORY: "allocate gave a block outside the memory or not aligned",
    POLICY_TOO_FEW_NODES: "place or choose gave fewer rows than wanted",
    POLICY_BAD_NODE: "a row in `out` is out of range or its mask byte is 0",
    POLICY_DUPLICATE_NODE: "a row is in `out` twice",
    POLICY_BAD_DEVICE: "a device in `out` is not the node's, has too little free, or there are too few",
    POLICY_BAD_SCORE: "a score, priority or cost is not a finite number",
    POLICY_BAD_CHANGE:
      "an admission module set a field to what it cannot be, or gave a refusal or a note that is none",
    POLICY_OVER_BUDGET: "the call did not come back in time and its worker was ended",
  },
};
