/** Schemas of what the API answers about nodes, partitions, the cluster and its errors. Data only. */
import { type Static, Type } from "@sinclair/typebox";
import type { ErrorEntry } from "../../model/errors.ts";
import { POWER_STATES } from "../../model/node-power.ts";
import type { ClusterView, NodeView, PartitionView, StatsView } from "../../model/views.ts";
import { describes, oneOf } from "./schema.ts";

/** A node, what it has and what of it is in use. */
export const nodeViewSchema = describes<NodeView>()(
  Type.Object(
    {
      name: Type.String(),
      index: Type.Integer(),
      hostname: Type.String(),
      address: Type.String(),
      arch: Type.String(),
      os: Type.String(),
      version: Type.String(),
      cpus: Type.Integer(),
      allocCpus: Type.Integer(),
      sockets: Type.Integer(),
      coresPerSocket: Type.Integer(),
      threadsPerCore: Type.Integer(),
      memoryMib: Type.Integer(),
      allocMemMib: Type.Integer(),
      freeMemMib: Type.Integer(),
      cpuLoad: Type.Integer({ description: "Hundredths of the one-minute load average." }),
      gres: Type.String(),
      gresUsed: Type.String(),
      devices: Type.Array(
        Type.Object(
          {
            lane: Type.Integer(),
            name: Type.String(),
            type: Type.String(),
            vendor: Type.String(),
            model: Type.String(),
            pci: Type.String(),
            free: Type.Integer({ description: "Thousandths of the device." }),
          },
          { additionalProperties: false },
        ),
      ),
      features: Type.Array(Type.String()),
      partitions: Type.Array(Type.String()),
      baseState: oneOf(["idle", "mixed", "allocated", "down", "unknown"]),
      drain: Type.Boolean(),
      responding: Type.Boolean(),
      reason: Type.String(),
      reasonUser: Type.String(),
      reasonS: Type.Integer(),
      bootS: Type.Integer(),
      agentStartS: Type.Integer(),
      lastBusyS: Type.Integer(),
      topologyLeaf: Type.String(),
      runningJobs: Type.Integer(),
      owner: Type.Optional(Type.String({ description: "User whose job shares it with nobody else's." })),
      weight: Type.Optional(
        Type.Integer({ description: "The lightest nodes are given out first; absent for 1." }),
      ),
      power: Type.Optional(
        oneOf(POWER_STATES, "What it is switched off, on or rebooted for; absent for a node that is awake."),
      ),
      nextState: Type.Optional(oneOf(["RESUME", "DOWN"], "Of a node that reboots: what it is set to then.")),
      reserved: Type.Optional(
        oneOf(
          ["reserved", "maintenance"],
          "Kept by a reservation at this moment; absent for a node that is not.",
        ),
      ),
    },
    { $id: "NodeView", additionalProperties: false },
  ),
);

/** A partition with its limits and totals. */
export const partitionViewSchema = describes<PartitionView>()(
  Type.Object(
    {
      name: Type.String(),
      isDefault: Type.Boolean(),
      state: oneOf(["UP", "DOWN", "DRAIN", "INACTIVE"]),
      maxTimeS: Type.Integer({ description: "2147483647 for none." }),
      defaultTimeS: Type.Integer(),
      maxNodes: Type.Integer(),
      minNodes: Type.Integer(),
      defMemPerCpuMib: Type.Integer(),
      defMemPerNodeMib: Type.Integer(),
      priorityJobFactor: Type.Integer(),
      priorityTier: Type.Integer(),
      preemptMode: Type.Optional(Type.String({ description: "Where jobs are preempted by partition." })),
      graceTimeS: Type.Optional(Type.Integer()),
      turnJobs: Type.Optional(Type.Integer({ description: "Jobs that take turns on each CPU." })),
      exclusiveUser: Type.Optional(
        Type.Literal(true, { description: "Its jobs share nodes with jobs of the same user only." }),
      ),
      nodes: Type.String({ description: "Hostlist." }),
      totalNodes: Type.Integer(),
      totalCpus: Type.Integer(),
      totalMemMib: Type.Integer(),
      totalGpus: Type.Integer(),
    },
    { $id: "PartitionView", additionalProperties: false },
  ),
);

/** The cluster and its controller. */
export const clusterViewSchema = describes<ClusterView>()(
  Type.Object(
    {
      clusterName: Type.String(),
      version: Type.String(),
      host: Type.String(),
      bootS: Type.Integer(),
      nowS: Type.Integer(),
      maxArraySize: Type.Integer(),
      minJobAgeS: Type.Integer(),
      backfill: Type.String(),
      preemption: Type.Optional(
        Type.Object(
          {
            by: Type.String(),
            mode: Type.String(),
            exemptTimeS: Type.Integer(),
            turnS: Type.Optional(Type.Integer({ description: "Seconds of a turn on a shared CPU." })),
          },
          { additionalProperties: false },
        ),
      ),
      topology: Type.Optional(Type.String()),
      policies: Type.Array(
        Type.Object(
          {
            kind: Type.String(),
            name: Type.String(),
            version: Type.String(),
            strikes: Type.Integer(),
            out: Type.Boolean(),
          },
          { additionalProperties: false },
        ),
      ),
      firstJobId: Type.Integer(),
      nextJobId: Type.Integer(),
      stateDir: Type.String(),
    },
    { $id: "ClusterView", additionalProperties: false },
  ),
);

/** Figures since the controller started. */
export const statsViewSchema = describes<StatsView>()(
  Type.Object(
    {
      sinceS: Type.Integer(),
      jobsSubmitted: Type.Integer(),
      jobsStarted: Type.Integer(),
      jobsCompleted: Type.Integer(),
      jobsCancelled: Type.Integer(),
      jobsFailed: Type.Integer(),
      jobsPending: Type.Integer(),
      jobsRunning: Type.Integer(),
      passes: Type.Integer(),
      passLastUs: Type.Number(),
      passMaxUs: Type.Number(),
      passMeanUs: Type.Number(),
      conflicts: Type.Integer(),
      strikes: Type.Integer(),
      journalSeq: Type.Integer(),
      commits: Type.Integer(),
      agentsConnected: Type.Integer(),
    },
    { $id: "StatsView", additionalProperties: false },
  ),
);

/** Every answer that is not a success. */
export const errorAnswerSchema = Type.Object(
  {
    code: Type.String({ description: "A code of GET /v1/errors." }),
    message: Type.String({ description: "One line that tells the reader what to do." }),
    details: Type.Optional(
      Type.Unsafe<Record<string, string | number>>({
        type: "object",
        additionalProperties: { type: ["string", "number"] },
        description: "Numbers and names behind the message.",
      }),
    ),
  },
  { $id: "ErrorAnswer", additionalProperties: false },
);

export type ErrorAnswer = Static<typeof errorAnswerSchema>;

/** One row of the table of errors. */
export const errorEntrySchema = describes<ErrorEntry & { readonly code: string }>()(
  Type.Object(
    {
      code: Type.String(),
      status: Type.Integer({ description: "HTTP status." }),
      slurm: Type.Optional(Type.String({ description: "What Slurm says for the same fault." })),
      todo: Type.String({ description: "What the reader should do." }),
    },
    { $id: "ErrorEntry", additionalProperties: false },
  ),
);
