/** Schemas of a policy in the shadow: what is asked of it and what it has shown. Data only. */
import { Type } from "@sinclair/typebox";
import {
  DEFAULT_SHADOW_PASSES,
  MAX_SHADOW_JOBS,
  MAX_SHADOW_PASSES,
  SHADOW_KINDS,
  SHADOW_STATES,
  type ShadowRequest,
  type ShadowView,
} from "../../model/shadow-views.ts";
import { policyLoadSchema } from "./policy-schemas.ts";
import { describes, oneOf, whole } from "./schema.ts";

const both = (description?: string) =>
  Type.Object(
    { live: Type.Number(), shadow: Type.Number() },
    { additionalProperties: false, ...(description === undefined ? {} : { description }) },
  );
const counts = (description?: string) =>
  Type.Object(
    { live: Type.Integer(), shadow: Type.Integer() },
    { additionalProperties: false, ...(description === undefined ? {} : { description }) },
  );
const place = Type.Object(
  {
    startS: Type.Integer({ description: "Epoch seconds; 0 for none in the plan's window." }),
    nodes: Type.String({ description: "Of a job that starts at once." }),
  },
  { additionalProperties: false },
);

/** A policy in the shadow. */
export const shadowViewSchema = describes<ShadowView>()(
  Type.Object(
    {
      kind: Type.String(),
      name: Type.String(),
      version: Type.String(),
      module: Type.String(),
      sha256: Type.String(),
      parameters: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()])),
      against: Type.String({
        description: "What serves meanwhile: name and version, the built-in for one that is out, or none.",
      }),
      state: oneOf(SHADOW_STATES),
      reason: Type.Optional(Type.String({ description: "Why it is over." })),
      sinceS: Type.Integer({ description: "Epoch seconds." }),
      passesAsked: Type.Integer(),
      passes: Type.Integer(),
      passesSkipped: Type.Integer({ description: "Due while it was still at an earlier one." }),
      decisions: Type.Integer({ description: "Jobs that both plans looked at, over all passes." }),
      differ: Type.Integer({ description: "Those that have another place in the shadow's plan." }),
      movedJobs: Type.Integer({ description: "Different jobs among them." }),
      starts: counts("Starts at once."),
      startsOnly: counts("By one of the two only."),
      otherNodes: Type.Integer({ description: "Started by both, on other nodes." }),
      earlier: Type.Integer(),
      later: Type.Integer(),
      preempted: counts(),
      waitMeanS: both("From submission to the planned start, over jobs that have one in both plans."),
      waitJobs: Type.Integer(),
      fragmentation: both("Share of what is free that lies on nodes in part use, after the starts."),
      fragmentationOf: oneOf(["gpus", "cpus"]),
      passUs: both("Microseconds of one pass in the shadow's thread, mean."),
      calls: Type.Integer(),
      usedUs: Type.Integer({ description: "Microseconds in the module." }),
      strikes: Type.Integer(),
      lastFault: Type.Optional(
        Type.Object({ code: Type.String(), message: Type.String() }, { additionalProperties: false }),
      ),
      jobs: Type.Array(
        Type.Object(
          { jobId: Type.Integer(), atS: Type.Integer(), live: place, shadow: place },
          { additionalProperties: false },
        ),
        { maxItems: MAX_SHADOW_JOBS, description: "Jobs that moved last, the newest first." },
      ),
    },
    { $id: "ShadowView", additionalProperties: false },
  ),
);

/** What is to run in the shadow. */
export const shadowRequestSchema = describes<ShadowRequest>()(
  Type.Object(
    {
      ...policyLoadSchema.properties,
      passes: Type.Optional(
        whole(1, MAX_SHADOW_PASSES, `Passes with waiting jobs; ${DEFAULT_SHADOW_PASSES} where absent.`),
      ),
    },
    { $id: "ShadowRequest", additionalProperties: false },
  ),
);

export const shadowKindParamsSchema = Type.Object(
  { kind: oneOf(SHADOW_KINDS, SHADOW_KINDS.join(", ")) },
  { additionalProperties: false },
);
