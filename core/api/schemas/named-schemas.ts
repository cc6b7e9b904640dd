/** The schemas that have a name in the OpenAPI document, in the order in which it lists them. Data only. */
import type { TSchema } from "@sinclair/typebox";
import { priorityViewSchema, qosViewSchema, shareViewSchema } from "./account-schemas.ts";
import {
  clusterViewSchema,
  errorAnswerSchema,
  errorEntrySchema,
  nodeViewSchema,
  partitionViewSchema,
  statsViewSchema,
} from "./cluster-schemas.ts";
import {
  explainViewSchema,
  historyViewSchema,
  jobViewSchema,
  submitAnswerSchema,
  testOnlyAnswerSchema,
} from "./job-schemas.ts";
import { policyLoadSchema, policySetSchema, policyViewSchema } from "./policy-schemas.ts";
import {
  cancelRequestSchema,
  jobSpecSchema,
  jobUpdateSchema,
  nodeUpdateSchema,
  requeueRequestSchema,
} from "./request-schemas.ts";
import {
  reservationRequestSchema,
  reservationUpdateSchema,
  reservationViewSchema,
} from "./reservation-schemas.ts";
import { shadowRequestSchema, shadowViewSchema } from "./shadow-schemas.ts";
import { stepAnswerSchema, stepAskSchema, stepViewSchema } from "./step-schemas.ts";
import {
  besideViewSchema,
  policyBuildViewSchema,
  policySimulateSchema,
  policySourceSchema,
  policyTestRequestSchema,
  policyTestViewSchema,
} from "./workbench-schemas.ts";

export const NAMED_SCHEMAS: readonly TSchema[] = [
  jobSpecSchema,
  jobUpdateSchema,
  cancelRequestSchema,
  requeueRequestSchema,
  submitAnswerSchema,
  testOnlyAnswerSchema,
  jobViewSchema,
  explainViewSchema,
  historyViewSchema,
  nodeViewSchema,
  nodeUpdateSchema,
  partitionViewSchema,
  reservationRequestSchema,
  reservationUpdateSchema,
  reservationViewSchema,
  stepAskSchema,
  stepAnswerSchema,
  stepViewSchema,
  clusterViewSchema,
  statsViewSchema,
  shareViewSchema,
  qosViewSchema,
  priorityViewSchema,
  policyViewSchema,
  policyLoadSchema,
  policySetSchema,
  shadowViewSchema,
  shadowRequestSchema,
  policySourceSchema,
  policyBuildViewSchema,
  policyTestRequestSchema,
  policyTestViewSchema,
  policySimulateSchema,
  besideViewSchema,
  errorEntrySchema,
  errorAnswerSchema,
];
