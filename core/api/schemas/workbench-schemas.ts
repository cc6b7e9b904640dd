/** Schemas of the author's workshop: a policy's source to build or test, and a policy to simulate. Data only. */
import { Type } from "@sinclair/typebox";
import { BACKFILL_MODES } from "../../model/backfill.ts";
import {
  type BesideView,
  MAX_SOURCE_CHARS,
  MAX_TEST_CASES,
  MAX_TEST_ROUNDS,
  type PolicyBuildView,
  type PolicySimulateRequest,
  type PolicySource,
  type PolicyTestRequest,
  type PolicyTestView,
} from "../../model/workbench.ts";
import { policyLoadSchema } from "./policy-schemas.ts";
import { describes, MAX_INT32, oneOf, text, whole } from "./schema.ts";

/** The body of a test: source and cases, and room for what JSON adds. */
export const MAX_WORKBENCH_BYTES = 2 * 1024 * 1024;

const strict = { additionalProperties: false } as const;
const source = {
  name: Type.String({ pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", maxLength: 40 }),
  source: text(MAX_SOURCE_CHARS, "The author's file, AssemblyScript."),
};

export const policySourceSchema = describes<PolicySource>()(
  Type.Object(source, { $id: "PolicySource", ...strict }),
);

export const policyBuildViewSchema = describes<PolicyBuildView>()(
  Type.Object(
    {
      name: Type.String(),
      wasm: Type.String({ description: "The module in base64, as a load takes it." }),
      bytes: Type.Integer(),
      sha256: Type.String(),
      warnings: Type.String(),
    },
    { $id: "PolicyBuildView", ...strict },
  ),
);

export const policyTestRequestSchema = describes<PolicyTestRequest>()(
  Type.Object(
    {
      ...source,
      cases: Type.Optional(
        Type.Array(Type.Record(Type.String(), Type.Unknown()), {
          maxItems: MAX_TEST_CASES,
          description: "As cases of a test file.",
        }),
      ),
      seed: Type.Optional(whole(0)),
      rounds: Type.Optional(whole(0, MAX_TEST_ROUNDS, "Random inputs; 100 where absent.")),
    },
    { $id: "PolicyTestRequest", ...strict },
  ),
);

export const policyTestViewSchema = describes<PolicyTestView>()(
  Type.Object(
    {
      name: Type.String(),
      kind: Type.String(),
      isGreen: Type.Boolean(),
      cases: Type.Array(Type.Object({ name: Type.String(), faults: Type.Array(Type.String()) }, strict)),
      random: Type.Object(
        { seed: Type.Integer(), rounds: Type.Integer(), faults: Type.Array(Type.String()) },
        strict,
      ),
      notCompared: Type.Optional(Type.String({ description: "Why the source was not run as TypeScript." })),
    },
    { $id: "PolicyTestView", ...strict },
  ),
);

export const policySimulateSchema = describes<PolicySimulateRequest>()(
  Type.Object(
    {
      ...policyLoadSchema.properties,
      backfill: Type.Optional(oneOf(BACKFILL_MODES, "The cluster's own where absent.")),
      estimates: Type.Optional(oneOf(["requested", "exact"])),
      seed: Type.Optional(whole(0, MAX_INT32)),
    },
    { $id: "PolicySimulateRequest", ...strict },
  ),
);

const schedule = Type.Object(
  {
    jobs: Type.Integer(),
    makespanS: Type.Number(),
    utilization: Type.Number(),
    waitMeanS: Type.Number(),
    waitP50S: Type.Number(),
    waitP99S: Type.Number(),
    boundedSlowdownMean: Type.Number(),
    predictionErrorP50S: Type.Number(),
  },
  strict,
);

export const besideViewSchema = describes<BesideView>()(
  Type.Object(
    {
      kind: Type.String(),
      name: Type.String(),
      version: Type.String(),
      sha256: Type.String(),
      parameters: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()])),
      against: Type.String(),
      workload: Type.String(),
      nodes: Type.Integer(),
      cpus: Type.Integer(),
      gpus: Type.Integer(),
      backfill: Type.String(),
      live: schedule,
      candidate: schedule,
      real: Type.Optional(schedule),
      moved: Type.Object(
        {
          jobs: Type.Integer(),
          earlier: Type.Integer(),
          later: Type.Integer(),
          farthest: Type.Array(
            Type.Object({ id: Type.Integer(), liveStartS: Type.Number(), startS: Type.Number() }, strict),
          ),
        },
        strict,
      ),
    },
    { $id: "BesideView", ...strict },
  ),
);
