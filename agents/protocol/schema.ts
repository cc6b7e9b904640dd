/**
 * Shapes and ranges of every frame, checked where bytes enter (codec.ts). The types of frames.ts are the contract; a
 * compile-time check at the end holds the two together. Fields that are not named here are let through untouched, so
 * that a newer peer may say more.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { MAX_PARTS_OF_NODE, MAX_SHARES } from "../../core/model/device-parts.ts";
import { DEVICE_LANES, MAX_JOB_ID, WHOLE_DEVICE } from "../../core/model/ids.ts";
import { MAX_ARGS, MAX_ENVIRONMENT_BYTES, MAX_SCRIPT_BYTES } from "../../core/model/job-spec.ts";
import { MAX_CPUS_PER_NODE, MAX_FEATURES_PER_NODE } from "../../core/model/node.ts";
import { MAX_STEP_ID, MAX_STEP_TASKS } from "../../core/model/step.ts";
import type { AgentBody, AgentFrame, ControllerBody, ControllerFrame } from "./frames.ts";

export const MAX_NAME_LENGTH = 1024;
export const MAX_PATH_LENGTH = 4096;
export const MAX_JOBS_PER_AGENT = 16_384;
export const MAX_STEPS_PER_AGENT = 16_384;
export const MAX_DEVICE_FILES = 64;
/** Devices that a job has something of on a node, each part of one by itself. */
const MAX_DEVICE_SHARES = MAX_PARTS_OF_NODE;
const MAX_TEXT_LENGTH = 4096;
const MAX_COUNT = 2_147_483_647;
const MAX_ID = 4_294_967_295;

const int = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });
const seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const ack = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const epochMs = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const text = Type.String({ maxLength: MAX_TEXT_LENGTH });
const name = Type.String({ maxLength: MAX_NAME_LENGTH, pattern: "^[^\\0\\n/]*$" });
const nodeName = Type.String({ minLength: 1, maxLength: 255, pattern: "^[A-Za-z0-9._-]+$" });
const path = Type.String({ maxLength: MAX_PATH_LENGTH, pattern: "^/[^\\0]*$" });
const cString = (maxLength: number) => Type.String({ maxLength, pattern: "^[^\\0]*$" });

const run = { jobId: int(1, MAX_JOB_ID), restarts: int(0, MAX_COUNT) };

const deviceShare = Type.Object({
  lane: int(0, DEVICE_LANES - 1),
  thousandths: int(1, WHOLE_DEVICE),
  part: Type.Optional(
    Type.Object({
      kind: Type.String({ minLength: 1, maxLength: 64 }),
      units: int(1, MAX_SHARES),
      start: Type.Optional(int(0, 31)),
    }),
  ),
});
/** Of whole devices one a lane; of parts several. */
const deviceShares = Type.Array(deviceShare, { maxItems: MAX_DEVICE_SHARES });

const startOrder = Type.Object({
  kind: Type.Literal("start"),
  ...run,
  name: Type.String({ maxLength: MAX_NAME_LENGTH }),
  user: Type.String({ maxLength: 256, pattern: "^[^\\0\\n:/]*$" }),
  uid: int(0, MAX_ID),
  gid: int(0, MAX_ID),
  workDir: path,
  script: cString(MAX_SCRIPT_BYTES),
  args: Type.Array(cString(131_072), { maxItems: MAX_ARGS }),
  environment: Type.Record(Type.String({ pattern: "^[^=\\0]+$" }), cString(MAX_ENVIRONMENT_BYTES), {
    additionalProperties: false,
  }),
  stdout: path,
  stderr: path,
  stdin: path,
  openMode: Type.Union([Type.Literal("append"), Type.Literal("truncate")]),
  cpus: int(0, MAX_CPUS_PER_NODE),
  memMib: int(0, MAX_COUNT),
  devices: deviceShares,
  timeLimitS: int(1, MAX_COUNT),
  graceMs: int(0, 86_400_000),
  signal: Type.Optional(
    Type.Object({ signal: int(1, 64), beforeS: int(0, MAX_COUNT), batchOnly: Type.Boolean() }),
  ),
});

const endCause = Type.Union([
  Type.Literal("cancelled"),
  Type.Literal("time-limit"),
  Type.Literal("node-failure"),
  Type.Literal("requeue"),
  Type.Literal("preemption"),
]);

const endOrder = Type.Object({
  kind: Type.Literal("end"),
  ...run,
  cause: endCause,
  graceMs: int(0, 86_400_000),
});
const signalOrder = Type.Object({
  kind: Type.Literal("signal"),
  ...run,
  signal: int(1, 64),
  batchOnly: Type.Boolean(),
});
const limitOrder = Type.Object({ kind: Type.Literal("limit"), ...run, timeLimitS: int(1, MAX_COUNT) });
const suspendOrder = Type.Object({ kind: Type.Literal("suspend"), ...run, graceMs: int(0, 86_400_000) });
const resumeOrder = Type.Object({ kind: Type.Literal("resume"), ...run });
const forgetOrder = Type.Object({ kind: Type.Literal("forget"), ...run });

const startedReport = Type.Object({
  kind: Type.Literal("started"),
  ...run,
  pid: int(0, MAX_COUNT),
  startedMs: epochMs,
});
const suspendedReport = Type.Object({ kind: Type.Literal("suspended"), ...run, atMs: epochMs });
const endedReport = Type.Object({
  kind: Type.Literal("ended"),
  ...run,
  exitCode: int(0, 255),
  signal: int(0, 127),
  cause: Type.Union([
    Type.Literal("exit"),
    endCause,
    Type.Literal("oom"),
    Type.Literal("launch-failed"),
    Type.Literal("lost"),
  ]),
  text,
  startedMs: epochMs,
  endedMs: epochMs,
  cpuTimeMs: Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
  maxRssMib: int(-1, MAX_COUNT),
});

const stepKey = { ...run, stepId: int(0, MAX_STEP_ID) };
const stepOrder = Type.Object({
  kind: Type.Literal("step"),
  ...stepKey,
  user: Type.String({ maxLength: 256, pattern: "^[^\\0\\n:/]*$" }),
  uid: int(0, MAX_ID),
  gid: int(0, MAX_ID),
  srun: Type.Object({
    host: Type.String({ minLength: 1, maxLength: 255 }),
    port: int(1, 65_535),
    key: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  }),
  nodeRank: int(0, MAX_STEP_TASKS),
  tasks: Type.Array(int(0, MAX_STEP_TASKS - 1), { minItems: 1, maxItems: MAX_STEP_TASKS }),
  cpus: int(0, MAX_CPUS_PER_NODE),
  memMib: int(0, MAX_COUNT),
  devices: deviceShares,
  jobCpus: int(0, MAX_CPUS_PER_NODE),
  jobMemMib: int(0, MAX_COUNT),
  jobDevices: deviceShares,
  devicesPerTask: int(0, DEVICE_LANES),
  timeLimitS: int(1, MAX_COUNT),
  graceMs: int(0, 86_400_000),
});
const stepEndOrder = Type.Object({
  kind: Type.Literal("step-end"),
  ...stepKey,
  cause: endCause,
  graceMs: int(0, 86_400_000),
});
const stepSignalOrder = Type.Object({ kind: Type.Literal("step-signal"), ...stepKey, signal: int(1, 64) });
const stepForgetOrder = Type.Object({ kind: Type.Literal("step-forget"), ...stepKey });
const stepEndedReport = Type.Object({
  ...endedReport.properties,
  kind: Type.Literal("step-ended"),
  stepId: stepKey.stepId,
});

const deviceSpec = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  type: Type.String({ maxLength: 64 }),
  vendor: Type.String({ maxLength: 256 }),
  model: Type.String({ maxLength: 256 }),
  uuid: Type.String({ maxLength: 256 }),
  pci: Type.String({ maxLength: 64 }),
  numaNode: int(-1, 65_535),
  memoryMib: int(0, MAX_COUNT),
  plugin: Type.String({ maxLength: 64 }),
  vendorIndex: int(0, 65_535),
  files: Type.Array(path, { maxItems: MAX_DEVICE_FILES }),
  parts: Type.Optional(
    Type.Object({
      shard: Type.Optional(int(1, MAX_SHARES)),
      mps: Type.Optional(int(1, MAX_SHARES)),
      profiles: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    }),
  ),
});

const nodeSpec = Type.Object({
  name: nodeName,
  hostname: name,
  address: name,
  cpus: int(1, MAX_CPUS_PER_NODE),
  sockets: int(1, MAX_CPUS_PER_NODE),
  coresPerSocket: int(1, MAX_CPUS_PER_NODE),
  threadsPerCore: int(1, MAX_CPUS_PER_NODE),
  memoryMib: int(1, MAX_COUNT),
  devices: Type.Array(deviceSpec, { maxItems: DEVICE_LANES }),
  features: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: MAX_FEATURES_PER_NODE }),
  arch: Type.String({ maxLength: 64 }),
  os: Type.String({ maxLength: 256 }),
  version: Type.String({ maxLength: 64 }),
  bootS: int(0, MAX_ID),
  agentStartS: int(0, MAX_ID),
  topologyLeaf: Type.String({ maxLength: 256 }),
});

const hello = Type.Object({
  kind: Type.Literal("hello"),
  protocolMin: int(0, 65_535),
  protocolMax: int(0, 65_535),
  node: nodeSpec,
  agentSession: Type.String({ minLength: 1, maxLength: 128 }),
  controllerSession: Type.String({ maxLength: 128 }),
  lastReceived: ack,
  jobs: Type.Array(
    Type.Object({
      ...run,
      state: Type.Union([Type.Literal("running"), Type.Literal("ended")]),
      suspended: Type.Optional(Type.Boolean()),
    }),
    { maxItems: MAX_JOBS_PER_AGENT },
  ),
  steps: Type.Optional(Type.Array(Type.Object(stepKey), { maxItems: MAX_STEPS_PER_AGENT })),
});
const welcome = Type.Object({
  kind: Type.Literal("welcome"),
  protocol: int(0, 65_535),
  controllerSession: Type.String({ minLength: 1, maxLength: 128 }),
  lastReceived: ack,
  heartbeatMs: int(10, 3_600_000),
});
const refused = Type.Object({
  kind: Type.Literal("refused"),
  code: Type.String({ maxLength: 64 }),
  message: text,
});
const heartbeat = Type.Object({
  kind: Type.Literal("heartbeat"),
  ack,
  cpuLoad: int(-1, MAX_COUNT),
  freeMemMib: int(-1, MAX_COUNT),
});
const data = <Body extends TSchema>(body: Body) =>
  Type.Object({ kind: Type.Literal("data"), seq, ack, body });

/** Each frame but `data`, by its `kind`. */
export const AGENT_FRAMES = { hello, heartbeat };
export const CONTROLLER_FRAMES = { welcome, refused, heartbeat };
/** Bodies of `data`, by their `kind`. */
export const AGENT_BODIES = {
  started: data(startedReport),
  suspended: data(suspendedReport),
  ended: data(endedReport),
  "step-ended": data(stepEndedReport),
};
export const CONTROLLER_BODIES = {
  start: data(startOrder),
  end: data(endOrder),
  signal: data(signalOrder),
  limit: data(limitOrder),
  suspend: data(suspendOrder),
  resume: data(resumeOrder),
  forget: data(forgetOrder),
  step: data(stepOrder),
  "step-end": data(stepEndOrder),
  "step-signal": data(stepSignalOrder),
  "step-forget": data(stepForgetOrder),
};
/** One start order, for what an agent reads back from its own state directory. */
export const START_ORDER = startOrder;
/** One device, for what an agent has from its plugins: a hello with a wrong one would keep the node out. */
export const DEVICE_SPEC = deviceSpec;

type OneOf<Schemas extends Record<string, TSchema>> = Static<Schemas[keyof Schemas]>;
type Checked<Frame, Schemas extends Record<string, TSchema>> = OneOf<Schemas> extends Frame ? true : never;
const held: readonly [
  Checked<AgentFrame, typeof AGENT_FRAMES & typeof AGENT_BODIES>,
  Checked<ControllerFrame, typeof CONTROLLER_FRAMES & typeof CONTROLLER_BODIES>,
  AgentBody extends OneOf<typeof AGENT_BODIES>["body"] ? true : never,
  ControllerBody["kind"] extends OneOf<typeof CONTROLLER_BODIES>["body"]["kind"] ? true : never,
] = [true, true, true, true];
void held;
