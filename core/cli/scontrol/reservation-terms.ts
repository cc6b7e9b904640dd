/**
 * The `Key=value` words of `scontrol create reservation` and `scontrol update reservation`, with what Slurm says of those
 * that are wrong. Pure; now is passed in.
 */
import { parseBeginTime } from "../../model/begin-time.ts";
import { readFlags, UNLIMITED_RESERVATION_S } from "../../model/reservation.ts";
import { parseTimeLimit, UNLIMITED_S } from "../../model/time.ts";
import { done, type Failure, failure, type Outcome, plainFailure } from "../failure.ts";

/** How a list is meant: instead of what is there, beside it, or out of it. */
export interface NamesTerm {
  readonly how: "set" | "add" | "remove";
  readonly names: readonly string[];
}

export interface ReservationTerms {
  name?: string;
  startS?: number;
  endS?: number;
  durationS?: number;
  /** Seconds that the duration becomes longer or, below 0, shorter by. */
  addDurationS?: number;
  skip?: boolean;
  nodes?: string;
  nodeCount?: number;
  coreCount?: number;
  partition?: string;
  features?: string;
  users?: NamesTerm;
  accounts?: NamesTerm;
  groups?: NamesTerm;
  flags?: NamesTerm;
}

type Reader = (value: string, term: Term, draft: ReservationTerms) => Failure | undefined;

interface Term {
  readonly word: string;
  readonly how: NamesTerm["how"];
  readonly nowS: number;
  /** `No reservation created.` or its like. */
  readonly end: string;
}

const bad = (term: Term, message: string): Failure => failure("scontrol", `${message}.  ${term.end}`);

const text =
  (field: "name" | "nodes" | "partition" | "features"): Reader =>
  (value, _term, draft) => {
    draft[field] = value;
    return undefined;
  };

const names =
  (field: "users" | "accounts" | "groups"): Reader =>
  (value, { how }, draft) => {
    draft[field] = { how, names: value.split(",").filter((name) => name !== "") };
    return undefined;
  };

const moment =
  (field: "startS" | "endS", what: string): Reader =>
  (value, term, draft) => {
    const at = parseBeginTime(value, term.nowS);
    if (!at.ok) return bad(term, `Invalid ${what} time ${term.word}`);
    draft[field] = at.value;
    return undefined;
  };

const duration: Reader = (value, term, draft) => {
  const limit = parseTimeLimit(value);
  if (!limit.ok) return bad(term, `Invalid duration ${term.word}`);
  if (term.how !== "set") {
    draft.addDurationS = term.how === "add" ? limit.value : -limit.value;
    return undefined;
  }
  draft.durationS = limit.value === UNLIMITED_S ? UNLIMITED_RESERVATION_S : limit.value;
  return undefined;
};

const count =
  (field: "nodeCount" | "coreCount", what: string): Reader =>
  (value, term, draft) => {
    // A list is of blocks of nodes, or of the cores of each; what they come to is reserved.
    const counts = value.split(",").map((one) => /^([1-9]\d{0,8})([kK]?)$/.exec(one));
    let sum = 0;
    for (const match of counts) {
      if (match === null || (match[2] !== "" && field === "coreCount"))
        return bad(term, `Invalid ${what} ${term.word}`);
      sum += Number(match[1]) * (match[2] === "" ? 1 : 1024);
    }
    draft[field] = sum;
    return undefined;
  };

const flags: Reader = (value, term, draft) => {
  // The sign may stand before the words as well.
  const sign = /^[+-]/.exec(value)?.[0];
  const how = sign === "+" ? "add" : sign === "-" ? "remove" : term.how;
  const said = sign === undefined ? value : value.slice(1);
  const read = readFlags(said);
  if (!read.ok && read.isKnown)
    return failure("scontrol", `the flag ${read.word} is not supported by this version of Rota`);
  if (!read.ok) return bad(term, `Error parsing flags ${value}`);
  draft.flags = { how, names: said.split(",") };
  return undefined;
};

/** `cpu=4,node=2`: what has a key of its own as well. */
const tres: Reader = (value, term, draft) => {
  // A number by itself goes on with the list before it: `cpu=2,2,1`.
  for (const part of value.split(/,(?=[A-Za-z])/)) {
    const [kind = "", amount = ""] = part.split("=", 2);
    const field = kind === "node" ? "nodeCount" : kind === "cpu" ? "coreCount" : undefined;
    if (field === undefined)
      return failure("scontrol", `${kind} in TRES of a reservation is not supported by this version of Rota`);
    const wrong = count(field, "TRES")(amount, term, draft);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

/** Keys, with the fewest letters of each. */
const KEYS: readonly (readonly [key: string, least: number, read: Reader])[] = [
  ["reservationname", 3, text("name")],
  ["starttime", 1, moment("startS", "start")],
  ["endtime", 1, moment("endS", "end")],
  ["duration", 1, duration],
  ["nodecnt", 5, count("nodeCount", "node count")],
  ["nodecount", 5, count("nodeCount", "node count")],
  ["corecnt", 1, count("coreCount", "core count")],
  ["nodes", 5, text("nodes")],
  ["features", 2, text("features")],
  ["flags", 2, flags],
  ["users", 1, names("users")],
  ["groups", 1, names("groups")],
  ["accounts", 1, names("accounts")],
  ["partitionname", 1, text("partition")],
  ["tres", 1, tres],
];
const OTHER_KEYS = ["burstbuffer", "comment", "licenses", "maxstartdelay", "watts"];

/** Reads the words; `end` is how messages end. */
export const readReservationTerms = (
  words: readonly string[],
  nowS: number,
  end: string,
): Outcome<ReservationTerms> => {
  const draft: ReservationTerms = {};
  for (const word of words) {
    const match = /^([A-Za-z_]+)([+-]?)=(.*)$/s.exec(word);
    const term: Term = {
      word,
      how: match?.[2] === "+" ? "add" : match?.[2] === "-" ? "remove" : "set",
      nowS,
      end,
    };
    if (match === null) {
      if (word.toLowerCase() === "skip") {
        draft.skip = true;
        continue;
      }
      // The entity itself, which some write as a word of its own.
      if (word.length >= 3 && "reservation".startsWith(word.toLowerCase())) continue;
      return bad(term, `Misformatted parameter '${word}', most options have a parameter after '='`);
    }
    const key = match[1]!.toLowerCase();
    const known = KEYS.find(([name, least]) => key.length >= least && name.startsWith(key));
    if (known === undefined && OTHER_KEYS.some((name) => key.length >= 3 && name.startsWith(key)))
      return failure("scontrol", `${match[1]} of a reservation is not supported by this version of Rota`);
    if (known === undefined) return bad(term, `Unknown parameter ${word}`);
    const wrong = known[2](match[3]!, term, draft);
    if (wrong !== undefined) return wrong;
  }
  return done(draft);
};

/** The failure of a request to create that says too little, in Slurm's order of asking. */
export const lackOf = (terms: ReservationTerms): Failure | undefined => {
  const lacks = (what: string): Failure => failure("scontrol", `${what}.  No reservation created.`);
  if (terms.startS === undefined) return lacks("A start time must be given");
  if (terms.endS === undefined && terms.durationS === undefined)
    return lacks("An end time or duration must be given");
  if (terms.endS !== undefined && terms.endS < terms.startS)
    return lacks("Start time cannot be after end time");
  if (terms.nodes === undefined && terms.nodeCount === undefined && terms.coreCount === undefined)
    return lacks("CoreCnt, Nodes, NodeCnt, BurstBuffer, Licenses or Watts must be specified");
  if (terms.users !== undefined && terms.groups !== undefined)
    return lacks("Users and Groups are mutually exclusive.  You can have one or the other, but not both");
  if (terms.users === undefined && terms.groups === undefined && terms.accounts === undefined)
    return lacks("Either Users/Groups and/or Accounts must be specified");
  return undefined;
};

/** What a term makes of the names that are there. */
export const applyNames = (before: readonly string[], term: NamesTerm | undefined): readonly string[] => {
  if (term === undefined) return before;
  if (term.how === "set") return term.names;
  const others = before.filter((name) => !term.names.includes(name));
  return term.how === "add" ? [...others, ...term.names] : others;
};

/** The same of flags, whose words may be short and in any case. */
export const applyFlags = (before: readonly string[], term: NamesTerm | undefined): readonly string[] => {
  if (term === undefined || term.how === "set") return term?.names ?? before;
  const read = readFlags(term.names.join(","));
  const meant = new Set<string>(read.ok ? read.flags : []);
  const others = before.filter((word) => !meant.has(word.split("=")[0]!));
  return term.how === "add" ? [...others, ...term.names] : others;
};

export const misformattedDelete = (): Failure =>
  plainFailure("scontrol: error: Proper format is 'delete <ENTITY>=<ID>' or 'delete <ENTITY> <ID>'\n");
