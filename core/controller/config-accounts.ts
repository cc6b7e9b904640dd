/**
 * The `accounts:` and `fair_share:` of rota.yaml: the tree of accounts, their users, shares and limits, and how fast
 * usage is forgotten. Reads a document; pure.
 */
import {
  type AccountSpec,
  DEFAULT_HALF_LIFE_S,
  type FairShareSpec,
  MAX_ACCOUNT_DEPTH,
  MAX_ACCOUNTS,
  MAX_ASSOCIATIONS,
  MAX_SHARES,
  ROOT_ACCOUNT,
  type UserShare,
} from "../model/account.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";
import { readLimits } from "./config-limits.ts";

const ACCOUNT_KEYS = ["name", "parent", "shares", "users", "others", "limits", "priority", "qos"] as const;
const RESETS = ["none", "daily", "weekly", "monthly", "quarterly", "yearly"] as const;
const MAX_QOS_OF_ACCOUNT = 1024;
const MAX_PRIORITY = 4_294_967_295;
const ACCOUNT_NAME = {
  pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/,
  words: "a name of at most 64 letters, digits and _ . -",
};
const USER_NAME = { pattern: /^[^\s:,\0]{1,256}$/, words: "a user name" };
const QOS_NAME = { pattern: /^[A-Za-z0-9_.-]{1,64}$/, words: "the name of a QOS" };

export const FAIR_SHARE_DEFAULTS: FairShareSpec = { halfLifeS: DEFAULT_HALF_LIFE_S, reset: "none" };

/** Accounts in the order of the file, those above them known and without cycles; none where the file has none. */
export function readAccounts(
  document: ConfigDocument,
  spot: Spot | undefined,
  qosNames: readonly string[],
): readonly AccountSpec[] {
  const items = document.items(spot, "an account", 1, MAX_ACCOUNTS);
  const accounts = items.map((item) => readAccount(document, item, qosNames));
  const byName = new Map<string, { account: AccountSpec; item: Spot }>();
  accounts.forEach((account, i) => {
    if (account.name === "") return;
    if (byName.has(account.name) || account.name === ROOT_ACCOUNT) {
      const why = account.name === ROOT_ACCOUNT ? "is there already" : "is listed twice";
      document.fault(items[i]!.offset, `account ${account.name} ${why}; list each account once`);
    }
    byName.set(account.name, { account, item: items[i]! });
  });
  for (const { account, item } of byName.values()) checkParents(document, account, item, byName);
  const associations = accounts.reduce((sum, { users }) => sum + 1 + users.length, 0);
  if (associations > MAX_ASSOCIATIONS && spot !== undefined) {
    const reason = `accounts and users in them come to ${associations}; at most ${MAX_ASSOCIATIONS} are possible`;
    document.fault(spot.offset, reason);
  }
  return accounts;
}

export function readFairShare(document: ConfigDocument, spot: Spot | undefined): FairShareSpec {
  const fields = document.fields(spot, ["half_life", "reset"]);
  const halfLife = fields.get("half_life");
  const isNone = document.word(halfLife) === "none";
  return {
    halfLifeS: isNone ? 0 : (document.durationS(halfLife, 60, false) ?? FAIR_SHARE_DEFAULTS.halfLifeS),
    reset: document.oneOf(fields.get("reset"), RESETS) ?? FAIR_SHARE_DEFAULTS.reset,
  };
}

function readAccount(document: ConfigDocument, item: Spot, qosNames: readonly string[]): AccountSpec {
  const fields = document.fields(item, ACCOUNT_KEYS);
  const name = document.text(fields.get("name"), 64, ACCOUNT_NAME);
  if (fields.get("name") === undefined)
    document.fault(item.offset, "the account has no name; add name: physics");
  const qos = readQosNames(document, fields.get("qos"), qosNames);
  return {
    name: name ?? "",
    parent: document.text(fields.get("parent"), 64, ACCOUNT_NAME) ?? ROOT_ACCOUNT,
    shares: document.integer(fields.get("shares"), 0, MAX_SHARES) ?? 1,
    limits: readLimits(document, fields.get("limits"), "account"),
    users: readUsers(document, fields.get("users"), qosNames),
    othersShares: document.integer(fields.get("others"), 0, MAX_SHARES) ?? 0,
    ...readPriority(document, fields.get("priority")),
    ...(qos === undefined ? {} : { qos }),
  };
}

/** Names, or mappings where a user has other shares or limits. */
function readUsers(
  document: ConfigDocument,
  spot: Spot | undefined,
  qosNames: readonly string[],
): readonly UserShare[] {
  const seen = new Set<string>();
  return document.items(spot, "a user", 0, MAX_ASSOCIATIONS).flatMap((item): UserShare[] => {
    const fields = document.isMapping(item)
      ? document.fields(item, ["name", "shares", "limits", "priority", "qos"])
      : new Map([["name", item]]);
    const name = document.text(fields.get("name"), 256, USER_NAME);
    if (fields.get("name") === undefined)
      document.fault(item.offset, "the user has no name; add name: alice");
    if (name === undefined) return [];
    if (seen.has(name))
      document.fault(item.offset, `user ${name} is listed twice in one account; list him once`);
    seen.add(name);
    const qos = readQosNames(document, fields.get("qos"), qosNames);
    return [
      {
        name,
        shares: document.integer(fields.get("shares"), 0, MAX_SHARES) ?? 1,
        limits: readLimits(document, fields.get("limits"), "account"),
        ...readPriority(document, fields.get("priority")),
        ...(qos === undefined ? {} : { qos }),
      },
    ];
  });
}

function readPriority(document: ConfigDocument, spot: Spot | undefined): { readonly priority?: number } {
  const priority = document.integer(spot, 0, MAX_PRIORITY);
  return priority === undefined ? {} : { priority };
}

function readQosNames(
  document: ConfigDocument,
  spot: Spot | undefined,
  known: readonly string[],
): readonly string[] | undefined {
  if (spot === undefined) return undefined;
  return document.items(spot, "a QOS", 0, MAX_QOS_OF_ACCOUNT).flatMap((item) => {
    const name = document.text(item, 64, QOS_NAME);
    if (name === undefined) return [];
    if (!known.includes(name))
      document.fault(item.offset, `there is no QOS ${name}; list it under qos, or leave it out here`);
    return [name];
  });
}

function checkParents(
  document: ConfigDocument,
  account: AccountSpec,
  item: Spot,
  byName: ReadonlyMap<string, { readonly account: AccountSpec }>,
): void {
  const seen = new Set([account.name]);
  let above = account.parent;
  for (let depth = 1; above !== ROOT_ACCOUNT; depth++) {
    const parent = byName.get(above);
    if (parent === undefined) {
      if (depth === 1)
        document.fault(
          item.offset,
          `account ${account.name} is below ${above}, which is not listed; list it as well`,
        );
      return;
    }
    if (seen.has(above)) {
      document.fault(
        item.offset,
        `account ${account.name} is below itself, through ${above}; take it out of the circle`,
      );
      return;
    }
    if (depth > MAX_ACCOUNT_DEPTH) {
      document.fault(
        item.offset,
        `account ${account.name} is more than ${MAX_ACCOUNT_DEPTH} below root; make the tree flatter`,
      );
      return;
    }
    seen.add(above);
    above = parent.account.parent;
  }
}
