/** Who may use a partition of rota.yaml, under which QOS, and what a unit of each TRES costs there. Reads a document; pure. */
import type { PartitionSpec } from "../model/partition.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

/** Names that rota.yaml lists elsewhere; where there are no accounts at all, every name will do. */
export interface KnownNames {
  readonly accounts: readonly string[];
  readonly qos: readonly string[];
  /** Whether jobs of partitions may take turns on CPUs. */
  readonly hasTurns: boolean;
}

export type AccessRules = Pick<
  PartitionSpec,
  "billingWeights" | "allowAccounts" | "denyAccounts" | "allowQos" | "denyQos" | "allowGroups" | "qos"
>;

const MAX_NAMES = 10_000;
const MAX_WEIGHT = 1e9;
const NAME = { pattern: /^[^\s,\0]{1,256}$/, words: "a name" };
const TRES_NAME = /^(cpu|mem|node|gres\/[A-Za-z0-9_.:-]{1,128})$/;

export function readAccess(
  document: ConfigDocument,
  fields: ReadonlyMap<string, Spot>,
  known: KnownNames,
): AccessRules {
  for (const what of ["accounts", "qos"]) {
    const deny = fields.get(`deny_${what}`);
    if (deny === undefined || fields.get(`allow_${what}`) === undefined) continue;
    document.fault(deny.offset, `both allow_${what} and deny_${what} are given; keep one of them`);
  }
  const names = (key: string, list: readonly string[] | undefined): readonly string[] | undefined =>
    readNames(document, fields.get(key), list);
  const accounts = known.accounts.length === 0 ? undefined : known.accounts;
  const rules = {
    billingWeights: readWeights(document, fields.get("tres_billing_weights")),
    allowAccounts: names("allow_accounts", accounts),
    denyAccounts: names("deny_accounts", accounts),
    allowQos: names("allow_qos", known.qos),
    denyQos: names("deny_qos", known.qos),
    allowGroups: names("allow_groups", undefined),
    qos: readOneName(document, fields.get("qos"), known.qos),
  };
  // A key that the file does not have is absent, not undefined.
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined)) as AccessRules;
}

function readNames(
  document: ConfigDocument,
  spot: Spot | undefined,
  known: readonly string[] | undefined,
): readonly string[] | undefined {
  if (spot === undefined) return undefined;
  return document
    .items(spot, "a name", 1, MAX_NAMES)
    .flatMap((item) => readOneName(document, item, known) ?? []);
}

function readOneName(
  document: ConfigDocument,
  spot: Spot | undefined,
  known: readonly string[] | undefined,
): string | undefined {
  const name = document.text(spot, 256, NAME);
  if (name === undefined || spot === undefined || known === undefined || known.includes(name)) return name;
  return document.fault(spot.offset, `${name} is not listed in this file; list it, or leave it out here`);
}

/** `{cpu: 1, mem: 0.001, gres/gpu: 16}`; memory by the MiB. */
function readWeights(
  document: ConfigDocument,
  spot: Spot | undefined,
): Readonly<Record<string, number>> | undefined {
  if (spot === undefined) return undefined;
  if (!document.isMapping(spot)) {
    const reason = "tres_billing_weights is no mapping; write names and weights, as {cpu: 1, gres/gpu: 16}";
    return document.fault(spot.offset, reason);
  }
  const weights: Record<string, number> = {};
  for (const [name, value] of document.fields(spot, document.keys(spot))) {
    const weight = document.number(value, "a number from 0 on");
    if (!TRES_NAME.test(name)) {
      document.fault(
        value.offset,
        `${JSON.stringify(name.slice(0, 64))} is no TRES that has a weight; write cpu, mem, node or gres/gpu`,
      );
    } else if (weight !== undefined && (weight < 0 || weight > MAX_WEIGHT)) {
      document.fault(value.offset, `${name} is ${weight}; write a number from 0 to ${MAX_WEIGHT}`);
    } else if (weight !== undefined) {
      weights[name] = weight;
    }
  }
  return weights;
}
