/** Schemas of what the API answers about jobs; each is held to its interface in core/model. Data only. */
import { Type } from "@sinclair/typebox";
import type { NodeShareView } from "../../model/node-share-view.ts";
import { WAIT_CHANGES, WAIT_REASONS } from "../../model/reasons.ts";
import type { ExplainView, HistoryView, JobView, SubmitAnswer, TestOnlyAnswer } from "../../model/views.ts";
import { describes, oneOf } from "./schema.ts";

/** The states that a job can be in; the schema check holds the list to core/model's. */
export const JOB_STATES = [
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "CANCELLED",
  "FAILED",
  "TIMEOUT",
  "NODE_FAIL",
  "OUT_OF_MEMORY",
  "PREEMPTED",
  "DEADLINE",
  "BOOT_FAIL",
] as const;

const jobState = oneOf(JOB_STATES);
/** As jobs are shown: one that is suspended runs in all else. */
const SHOWN_STATES = [...JOB_STATES, "SUSPENDED"] as const;
const shownState = oneOf(SHOWN_STATES);
const epochS = Type.Integer({ description: "Epoch seconds; 0 for none." });

const devicePart = Type.Object(
  {
    kind: Type.String({ description: "shard, mps, gpu for thousandths, or the name of a profile." }),
    units: Type.Integer(),
    start: Type.Optional(Type.Integer({ description: "First slice of a profile." })),
  },
  { additionalProperties: false, description: "What part it is; absent for the whole device." },
);

const nodeShare = describes<NodeShareView>()(
  Type.Object(
    {
      node: Type.String(),
      tasks: Type.Integer(),
      cpus: Type.Integer(),
      memMib: Type.Integer(),
      devices: Type.Array(
        Type.Object(
          {
            name: Type.String(),
            type: Type.String(),
            lane: Type.Integer(),
            thousandths: Type.Integer({ description: "1000 is the whole device." }),
            part: Type.Optional(devicePart),
          },
          { additionalProperties: false },
        ),
      ),
      shares: Type.Optional(
        Type.Array(
          Type.Object({ used: Type.Integer(), of: Type.Integer() }, { additionalProperties: false }),
          { description: "Of a job with shares: of each device that has such those that it has." },
        ),
      ),
    },
    { additionalProperties: false },
  ),
);

/** One record of a job: a plain job, one array task, or the waiting rest of an array. */
export const jobViewSchema = describes<JobView>()(
  Type.Object(
    {
      jobId: Type.Integer({ description: "Record id; for an array's waiting rest the array's id." }),
      displayId: Type.String({ description: "As squeue shows it: 12, 2_3, 2_[4-9%2]." }),
      arrayJobId: Type.Integer({ description: "0 for a job that is no array." }),
      arrayTaskId: Type.Integer({ description: "-1 unless this record is one task." }),
      arrayTasks: Type.String({ description: "4-9%2 for the waiting rest, else empty." }),
      arrayThrottle: Type.Integer(),
      hetJobId: Type.Optional(Type.Integer({ description: "Leader of its heterogeneous job." })),
      hetOffset: Type.Optional(Type.Integer({ description: "Which component it is, 0 for the leader." })),
      hetSize: Type.Optional(Type.Integer({ description: "Components of its heterogeneous job." })),
      name: Type.String(),
      user: Type.String(),
      uid: Type.Integer(),
      group: Type.String(),
      gid: Type.Integer(),
      account: Type.String(),
      qos: Type.String(),
      comment: Type.String(),
      wckey: Type.String(),
      partition: Type.String({ description: "As asked; the one that it runs in once started." }),
      state: shownState,
      completing: Type.Boolean({ description: "Its end has been asked for and not been reported yet." }),
      configuring: Type.Optional(
        Type.Literal(true, {
          description: "It has its nodes and waits until they are awake; absent for no.",
        }),
      ),
      reason: Type.String({ description: "Slurm's reason, None where there is none." }),
      dependency: Type.String(),
      priority: Type.Number(),
      nice: Type.Integer(),
      held: oneOf(["", "user", "admin"]),
      requeue: Type.Boolean(),
      restarts: Type.Integer(),
      exitCode: Type.Integer(),
      exitSignal: Type.Integer(),
      timeLimitS: Type.Integer({ description: "2147483647 for none." }),
      timeMinS: Type.Optional(Type.Integer({ description: "It may start with a limit as short." })),
      deadlineS: Type.Optional(Type.Integer({ description: "Epoch seconds by which it must have ended." })),
      submitS: epochS,
      eligibleS: epochS,
      beginS: epochS,
      startS: Type.Integer({ description: "Start, or for a waiting job the expected one; 0 for none." }),
      startIsExpected: Type.Boolean(),
      endS: Type.Integer({ description: "End, or for a running job the end by its limit; 0 for none." }),
      lastSchedS: epochS,
      minNodes: Type.Integer(),
      maxNodes: Type.Integer(),
      numNodes: Type.Integer(),
      numCpus: Type.Integer(),
      numTasks: Type.Integer(),
      cpusPerTask: Type.Integer(),
      ntasksPerNode: Type.Integer({ description: "0 unless asked." }),
      ntasksPerSocket: Type.Optional(Type.Integer({ description: "As asked." })),
      ntasksPerCore: Type.Optional(Type.Integer({ description: "As asked." })),
      socketsPerNode: Type.Optional(Type.Integer({ description: "As asked." })),
      coresPerSocket: Type.Optional(Type.Integer({ description: "As asked." })),
      threadsPerCore: Type.Optional(Type.Integer({ description: "As asked; 1 for one of each core." })),
      gpusPerSocket: Type.Optional(Type.String({ description: "[type:]n, as asked." })),
      memPer: oneOf(["node", "cpu", "gpu"]),
      memPerMib: Type.Integer(),
      memMib: Type.Integer({ description: "MiB of the whole job." }),
      gresPerNode: Type.String(),
      sharesTres: Type.Optional(Type.String({ description: "Shares of devices as a TRES: gres/shard=2." })),
      numGpus: Type.Integer(),
      exclusive: Type.Boolean(),
      exclusiveUser: Type.Optional(
        Type.Literal(true, { description: "Shares nodes with jobs of its user only." }),
      ),
      features: Type.String(),
      contiguous: Type.Optional(Type.Boolean({ description: "Its nodes follow each other." })),
      switches: Type.Optional(
        Type.Object(
          {
            count: Type.Integer({ description: "Leaf switches at most." }),
            waitS: Type.Integer({ description: "How long it waits for that, in seconds." }),
          },
          { additionalProperties: false },
        ),
      ),
      reqNodes: Type.String(),
      excNodes: Type.String(),
      reservation: Type.Optional(Type.String({ description: "That it may only run in; absent for none." })),
      preemptEligibleS: Type.Optional(Type.Integer({ description: "From when on it may be preempted." })),
      preemptS: Type.Optional(Type.Integer({ description: "When it was preempted." })),
      suspendS: Type.Optional(Type.Integer({ description: "When it was last suspended or went on." })),
      preSuspendS: Type.Optional(Type.Integer({ description: "Seconds that it had run by then." })),
      suspendedS: Type.Optional(Type.Integer({ description: "Seconds that it has stood still." })),
      nodes: Type.String({ description: "Hostlist, empty until started." }),
      batchHost: Type.String(),
      allocation: Type.Array(nodeShare),
      command: Type.String(),
      workDir: Type.String(),
      stdOut: Type.String(),
      stdErr: Type.String(),
      stdIn: Type.String(),
      submitHost: Type.String(),
      submitSid: Type.Integer(),
      mailType: Type.String(),
      mailUser: Type.String(),
    },
    { $id: "JobView", additionalProperties: false },
  ),
);

/** Why a job waits, and what the plan says of it. */
export const explainViewSchema = describes<ExplainView>()(
  Type.Object(
    {
      jobId: Type.Integer(),
      displayId: Type.String(),
      state: shownState,
      priority: Type.Number(),
      rank: Type.Integer({ description: "Place in the queue from 1; 0 when not ranked." }),
      reason: oneOf(WAIT_REASONS),
      filters: Type.Array(
        Type.Object(
          { filter: Type.String(), removed: Type.Integer(), left: Type.Integer() },
          { additionalProperties: false },
        ),
      ),
      needNodes: Type.Integer(),
      freeNodes: Type.Integer(),
      expectedStartS: epochS,
      behindJob: Type.Integer(),
      unavailableNodes: Type.Array(Type.String()),
      victims: Type.Optional(Type.Array(Type.Integer(), { description: "Jobs that are ended for it." })),
      onlyPriority: Type.Optional(Type.Boolean()),
      limit: Type.Optional(
        Type.Object(
          { name: oneOf(WAIT_REASONS), value: Type.Number(), used: Type.Number(), asked: Type.Number() },
          { additionalProperties: false },
        ),
      ),
      rules: Type.Optional(
        Type.Array(
          Type.Object(
            {
              rule: oneOf(["constraint", "contiguous", "switches"]),
              of: Type.String({ description: "The features, or the number of switches." }),
              asked: Type.Integer({ description: "Nodes that must be so." }),
              most: Type.Integer({ description: "Free ones of which all are so." }),
              isKeeping: Type.Boolean({ description: "But for this the free nodes would do." }),
            },
            { additionalProperties: false },
          ),
          { description: "What it asks of its nodes together." },
        ),
      ),
      tried: Type.Optional(
        Type.Object(
          {
            keptByJob: Type.Integer(),
            keptByStartS: epochS,
            changes: Type.Array(
              Type.Object(
                { change: oneOf(WAIT_CHANGES), to: Type.String() },
                { additionalProperties: false },
              ),
            ),
            isWhole: Type.Boolean(),
          },
          { additionalProperties: false },
        ),
      ),
      text: Type.String(),
    },
    { $id: "ExplainView", additionalProperties: false },
  ),
);

/** An ended job as accounting keeps it. */
export const historyViewSchema = describes<HistoryView>()(
  Type.Object(
    {
      jobId: Type.Integer(),
      displayId: Type.String(),
      arrayJobId: Type.Integer(),
      arrayTaskId: Type.Integer(),
      name: Type.String(),
      user: Type.String(),
      uid: Type.Integer(),
      account: Type.String(),
      qos: Type.String(),
      partition: Type.String(),
      state: jobState,
      exitCode: Type.Integer(),
      exitSignal: Type.Integer(),
      submitS: epochS,
      eligibleS: epochS,
      startS: epochS,
      endS: epochS,
      timeLimitS: Type.Integer(),
      nodes: Type.String(),
      numNodes: Type.Integer(),
      numCpus: Type.Integer(),
      numGpus: Type.Integer(),
      memMib: Type.Integer(),
      restarts: Type.Integer(),
      workDir: Type.String(),
      stdOut: Type.String(),
      endReason: Type.String(),
      comment: Type.String(),
      suspendedS: Type.Optional(
        Type.Integer({ description: "Seconds between start and end that it stood still." }),
      ),
    },
    { $id: "HistoryView", additionalProperties: false },
  ),
);

const notes = Type.Array(Type.String(), { description: "What the site's admission policy tells the user." });

/** Answer to a submission. */
export const submitAnswerSchema = describes<SubmitAnswer>()(
  Type.Object(
    {
      jobId: Type.Integer(),
      tasks: Type.Integer({ description: "Tasks of an array, 1 for a plain job." }),
      notes: Type.Optional(notes),
    },
    { $id: "SubmitAnswer", additionalProperties: false },
  ),
);

/** Answer to a trial submission: when and where it would start. */
export const testOnlyAnswerSchema = describes<TestOnlyAnswer>()(
  Type.Object(
    {
      jobId: Type.Integer(),
      startS: epochS,
      cpus: Type.Integer(),
      nodes: Type.String(),
      partition: Type.String(),
      notes: Type.Optional(notes),
    },
    { $id: "TestOnlyAnswer", additionalProperties: false },
  ),
);
