/** Schemas of job steps: what srun asks, what it is told, and what is shown of them. Data only. */
import { Type } from "@sinclair/typebox";
import { MAX_STEP_TASKS, type StepAnswer, type StepAsk, type StepView } from "../../model/step.ts";
import { MAX_POLL_MS } from "../limits.ts";
import { historyViewSchema } from "./job-schemas.ts";
import { describes, MAX_GRAMMAR_CHARS, MAX_INT32, MAX_NAME_CHARS, oneOf, text, whole } from "./schema.ts";

const MAX_STEP_NAME_CHARS = 1024;
const KEY_DIGITS = 64;

const distribution = oneOf(["block", "cyclic", "plane", "arbitrary"]);
const count = (description?: string) => Type.Optional(whole(0, MAX_INT32, description));
const grammar = (description: string) => Type.Optional(text(MAX_GRAMMAR_CHARS, description));
const flag = (description: string) => Type.Optional(Type.Boolean({ description }));

/** A step that srun asks for. */
export const stepAskSchema = describes<StepAsk>()(
  Type.Object(
    {
      name: text(MAX_STEP_NAME_CHARS),
      minNodes: count(),
      maxNodes: count(),
      ntasks: Type.Optional(whole(1, MAX_STEP_TASKS)),
      ntasksPerNode: Type.Optional(whole(1, MAX_STEP_TASKS)),
      cpusPerTask: Type.Optional(whole(1)),
      memPerNodeMib: count("0: shares the job's."),
      memPerCpuMib: count(),
      gres: grammar("GRES of each node; none for no device."),
      gpus: grammar("[type:]n of the whole step."),
      gpusPerNode: grammar("[type:]n of each node."),
      gpusPerTask: grammar("[type:]n of each task, which sees no others."),
      nodelist: grammar("Hostlist of nodes that must be part of it."),
      exclude: grammar("Hostlist of nodes that must not."),
      relative: count("First of the job's nodes, from 0."),
      exact: flag("No more of a node than it asks for."),
      overlap: flag("Beside other steps, whatever they hold."),
      overcommit: flag("Any number of tasks on a CPU."),
      distribution: Type.Optional(distribution),
      planeSize: Type.Optional(whole(1, MAX_STEP_TASKS)),
      hosts: Type.Optional(Type.Array(text(MAX_NAME_CHARS), { maxItems: MAX_STEP_TASKS })),
      timeLimitS: Type.Optional(whole(1)),
      port: whole(1, 65_535, "Where the nodes find srun."),
      key: Type.String({
        pattern: `^[0-9a-f]{${KEY_DIGITS}}$`,
        description: "What srun and the nodes know.",
      }),
      srunHost: text(MAX_NAME_CHARS),
      srunPid: whole(0),
      waitMs: whole(0, MAX_POLL_MS, "How long to wait for other steps of the job."),
    },
    { $id: "StepAsk", additionalProperties: false },
  ),
);

/** A step that was given. */
export const stepAnswerSchema = describes<StepAnswer>()(
  Type.Object(
    {
      jobId: Type.Integer(),
      restarts: Type.Integer(),
      stepId: Type.Integer(),
      distribution,
      cpusPerTask: Type.Integer(),
      launchHost: Type.String({ description: "Where the nodes look for srun." }),
      nodes: Type.Array(
        Type.Object(
          {
            name: Type.String(),
            ranks: Type.Array(Type.Integer()),
            cpus: Type.Integer(),
            memMib: Type.Integer({ description: "0: the job's." }),
          },
          { additionalProperties: false },
        ),
      ),
    },
    { $id: "StepAnswer", additionalProperties: false },
  ),
);

/** A job step. */
export const stepViewSchema = describes<StepView>()(
  Type.Object(
    {
      jobId: Type.Integer(),
      jobDisplayId: Type.String(),
      stepId: Type.Integer(),
      name: Type.String(),
      user: Type.String(),
      uid: Type.Integer(),
      partition: Type.String(),
      state: historyViewSchema.properties.state,
      exitCode: Type.Integer(),
      exitSignal: Type.Integer(),
      startS: Type.Integer({ description: "Epoch seconds." }),
      endS: Type.Integer({ description: "0 while it runs." }),
      timeLimitS: Type.Integer({ description: "2147483647 for none." }),
      nodes: Type.String({ description: "Hostlist." }),
      numNodes: Type.Integer(),
      tasks: Type.Integer(),
      cpus: Type.Integer(),
      memMib: Type.Integer(),
      gpus: Type.Integer(),
      distribution,
      srunHost: Type.String(),
      srunPid: Type.Integer(),
    },
    { $id: "StepView", additionalProperties: false },
  ),
);
