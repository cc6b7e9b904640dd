/** Schemas of policies: what serves, and what is asked to serve. Data only. */
import { Type } from "@sinclair/typebox";
import { ON_FAULT } from "../../model/policy.ts";
import {
  type PolicyLoadRequest,
  type PolicySetRequest,
  type PolicyView,
  SERVED_KINDS,
} from "../../model/policy-views.ts";
import { describes, MAX_GRAMMAR_CHARS, MAX_NAME_CHARS, MAX_PATH_CHARS, oneOf, text } from "./schema.ts";

/** 4 MiB of module in base64. */
const MAX_WASM_CHARS = 5_592_408;
const MAX_PARAMETERS = 64;
/** The body of a load: the module, and room for the rest. */
export const MAX_LOAD_BYTES = MAX_WASM_CHARS + 64 * 1024;

const PARAMETER_NAME = "^[A-Za-z]\\w{0,63}$";
/** More partitions than a cluster may have are turned away before they are looked at. */
const MAX_PARTITIONS = 256;
const value = Type.Union([Type.Number(), text(MAX_GRAMMAR_CHARS)]);
const valueOrNull = Type.Union([Type.Number(), text(MAX_GRAMMAR_CHARS), Type.Null()]);
const PARTITION_NAME = Type.String({ minLength: 1, maxLength: MAX_NAME_CHARS });
const values = Type.Record(Type.String({ pattern: PARAMETER_NAME }), value, {
  maxProperties: MAX_PARAMETERS,
});
const valuesByPartition = Type.Record(PARTITION_NAME, values, { maxProperties: MAX_PARTITIONS });
const otherValues = Type.Record(Type.String({ pattern: PARAMETER_NAME }), valueOrNull, {
  maxProperties: MAX_PARAMETERS,
  description: "Value by name; null: back to what stands behind it.",
});
const onFault = oneOf(ON_FAULT, "What becomes of a submission that an admission policy fails at.");

/** A policy that serves. */
export const policyViewSchema = describes<PolicyView>()(
  Type.Object(
    {
      kind: Type.String(),
      name: Type.String(),
      version: Type.String(),
      abi: Type.String(),
      doc: Type.String(),
      module: Type.String({ description: "As it was named: one that comes with Rota, or a path." }),
      sha256: Type.String({ description: "Of the module as it was given, in hexadecimal." }),
      signedBy: Type.Array(
        Type.Object(
          { key: Type.String(), name: Type.Optional(Type.String()) },
          { additionalProperties: false },
        ),
        { description: "Keys that have signed it; the name is that of a key that the site trusts." },
      ),
      parameters: Type.Array(
        Type.Object(
          {
            name: Type.String(),
            type: Type.String(),
            default: value,
            min: Type.Number({ description: "Of a text its least length." }),
            max: Type.Number({ description: "Of a text its greatest length." }),
            unit: Type.Optional(Type.String()),
            doc: Type.String(),
            value,
          },
          { additionalProperties: false },
        ),
      ),
      partitions: Type.Optional(valuesByPartition),
      onFault: Type.Optional(onFault),
      columns: Type.Array(Type.String()),
      origin: oneOf(["configuration", "loaded"]),
      sinceS: Type.Integer({ description: "Epoch seconds." }),
      calls: Type.Integer(),
      usedUs: Type.Integer({ description: "Microseconds in the module." }),
      strikes: Type.Integer(),
      out: Type.Boolean({ description: "Three strikes: the built-in serves." }),
      lastFault: Type.Optional(
        Type.Object({ code: Type.String(), message: Type.String() }, { additionalProperties: false }),
      ),
      earlier: Type.Optional(Type.String({ description: "What a rollback brings back." })),
    },
    { $id: "PolicyView", additionalProperties: false },
  ),
);

/** What is to serve. */
export const policyLoadSchema = describes<PolicyLoadRequest>()(
  Type.Object(
    {
      module: text(MAX_PATH_CHARS, "One that comes with Rota, or where the module was read."),
      wasm: Type.Optional(
        Type.String({
          maxLength: MAX_WASM_CHARS,
          pattern: "^[A-Za-z0-9+/]*={0,2}$",
          description: "the module in base64",
        }),
      ),
      parameters: Type.Optional(values),
      partitions: Type.Optional(valuesByPartition),
      onFault: Type.Optional(onFault),
    },
    { $id: "PolicyLoadRequest", additionalProperties: false },
  ),
);

/** Other values for what serves. */
export const policySetSchema = describes<PolicySetRequest>()(
  Type.Object(
    {
      parameters: Type.Optional(otherValues),
      partitions: Type.Optional(Type.Record(PARTITION_NAME, otherValues, { maxProperties: MAX_PARTITIONS })),
      onFault: Type.Optional(onFault),
    },
    { $id: "PolicySetRequest", additionalProperties: false },
  ),
);

export const policyKindParamsSchema = Type.Object(
  { kind: oneOf(SERVED_KINDS, "priority, placement, topology, preemption or admission") },
  { additionalProperties: false },
);
