/**
 * What the QOS of a site change of decisions beside their limits, as columns by place of the configured QOS. Made once a
 * configuration; absent where no QOS has any of it, so that nobody asks. Pure.
 */
import type { QosFlag, QosSpec } from "../model/partition.ts";

/** Bits of `flags`. */
export const QOS_RULE = {
  /** Its waiting jobs keep nothing free. */
  NO_RESERVE: 1,
  // Its jobs go by no such limit of their partition.
  ANY_MAX_NODES: 2,
  ANY_MIN_NODES: 4,
  ANY_TIME: 8,
} as const;

export interface QosRules {
  readonly flags: Uint8Array;
  /** How often the minutes that a job may still use count for limits on minutes of running jobs. */
  readonly runFactor: Float64Array;
  /** The same for limits on minutes that are or will have been used. */
  readonly safeFactor: Float64Array;
  /** Fair share below which its jobs wait; 0 for none. */
  readonly usageThreshold: Float64Array;
  /** Priority below which its waiting jobs keep nothing free; 0 for none. */
  readonly minPriority: Float64Array;
}

const BITS: readonly (readonly [QosFlag, number])[] = [
  ["NoReserve", QOS_RULE.NO_RESERVE],
  ["PartitionMaxNodes", QOS_RULE.ANY_MAX_NODES],
  ["PartitionMinNodes", QOS_RULE.ANY_MIN_NODES],
  ["PartitionTimeLimit", QOS_RULE.ANY_TIME],
];

/** undefined where no QOS has any. */
export function qosRules(qos: readonly QosSpec[]): QosRules | undefined {
  const known = KNOWN.get(qos);
  if (known !== undefined) return known.rules;
  const rules = qos.some(hasRule) ? rulesOf(qos) : undefined;
  KNOWN.set(qos, { rules });
  return rules;
}

/** Whether the QOS of a row, -1 for none, has the rule. */
export const hasQosRule = (rules: QosRules | undefined, qos: number, rule: number): boolean =>
  rules !== undefined && qos >= 0 && (rules.flags[qos]! & rule) !== 0;

const hasRule = ({ flags = [], usageFactor = 1, usageThreshold = 0, minPrioThreshold = 0 }: QosSpec) =>
  usageFactor !== 1 ||
  minPrioThreshold > 0 ||
  (usageThreshold > 0 && flags.includes("EnforceUsageThreshold")) ||
  BITS.some(([flag]) => flags.includes(flag));

function rulesOf(qos: readonly QosSpec[]): QosRules {
  return {
    flags: Uint8Array.from(qos, ({ flags = [] }) =>
      BITS.reduce((bits, [flag, bit]) => (flags.includes(flag) ? bits | bit : bits), 0),
    ),
    runFactor: Float64Array.from(qos, ({ usageFactor = 1 }) => usageFactor),
    safeFactor: Float64Array.from(qos, ({ flags = [], usageFactor = 1 }) =>
      flags.includes("UsageFactorSafe") ? usageFactor : 1,
    ),
    usageThreshold: Float64Array.from(qos, ({ flags = [], usageThreshold = 0 }) =>
      flags.includes("EnforceUsageThreshold") ? usageThreshold : 0,
    ),
    minPriority: Float64Array.from(qos, ({ minPrioThreshold = 0 }) => minPrioThreshold),
  };
}

/** By the list of a configuration, which is never changed in place. */
const KNOWN = new WeakMap<readonly QosSpec[], { readonly rules: QosRules | undefined }>();
