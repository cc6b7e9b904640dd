/**
 * Which limits hold for a job, found once for each combination of association, user, QOS and partition QOS, and interned
 * to small integers, so that a pass compares numbers. A counter is a sum that a limit bounds (the GPUs in use below an
 * account, the jobs of a user in a QOS); a constraint is a bound on one for some jobs. Changed by the reducer alone.
 *
 * Precedence is Slurm's: the partition's QOS, the job's QOS (before the partition's with OverPartQOS), the user's
 * association, then the accounts above it. The first that sets a limit on one job, or on one user, is the one that
 * holds. Limits of groups hold at every account that sets them, unless a QOS sets the same one.
 */
import type { LimitSet, TresAmounts } from "../model/account.ts";
import { type LimitKind, type LimitOwner, limitReason } from "../model/limit-reasons.ts";
import type { QosSpec } from "../model/partition.ts";
import { waitReasonCode } from "../model/reasons.ts";
import { TRES, tresPlace } from "../model/tres.ts";
import type { AssociationBook } from "./associations.ts";
import { Interned } from "./interned.ts";

/** Whom a job belongs to. */
export interface JobOwner {
  /** Row of its association, -1 for none. */
  readonly association: number;
  readonly account: string;
  readonly user: string;
  readonly qos: QosSpec | undefined;
  readonly partitionQos: QosSpec | undefined;
}

export interface Counter {
  /** Index of the subject whose jobs are counted. */
  readonly subject: number;
  readonly kind: LimitKind;
  /** Of the TRES; 0 for kinds that have none. */
  readonly place: number;
}

export interface Constraint {
  /** -1 for limits on one job. */
  readonly counter: number;
  readonly kind: LimitKind;
  readonly place: number;
  /** In the unit of the limit: jobs, TRES, TRES minutes, seconds. */
  readonly value: number;
  /** Code of the reason. */
  readonly reason: number;
}

/** Numbers of a job's sets: the subjects that count it, and the constraints that hold for it. */
export interface JobLimits {
  readonly subjects: number;
  readonly constraints: number;
}

/** One who may have limits, at one level of the precedence. */
interface Level {
  readonly owner: LimitOwner;
  readonly limits: LimitSet;
  /** Subject whose jobs its group limits count. */
  readonly group: string;
  /** What its amounts of TRES are multiplied by. */
  readonly factor: number;
  /** Name of the QOS whose amounts are percents of what there is; undefined where they are amounts. */
  readonly relativeTo: string | undefined;
}

/** What a site has, as limits need it. */
export interface LimitScale {
  /** Number of a GRES dimension by name; amounts of one that no node has are no limit yet. */
  dimensionOf(gres: string): number | undefined;
  /** How much of a TRES there is: of the partition that has this QOS, or of the cluster. */
  totalOf(qos: string, place: number): number;
}

export class LimitSets {
  /** `a/ROW`, `u/ROW` for associations; `q/QOS`, `qu/QOS/USER`, `qa/QOS/ACCOUNT`. */
  readonly subjects = new Interned();
  /** `SUBJECT/KIND/PLACE`. */
  readonly counters = new Interned();
  /** `COUNTER/KIND/PLACE/VALUE/REASON`. */
  readonly constraints = new Interned();
  /** Comma lists of the above; set 0 is empty. */
  readonly subjectSets = new Interned([""]);
  readonly constraintSets = new Interned([""]);
  private readonly known = new Map<string, JobLimits>();

  /** Forgets what was found: the configuration has changed. */
  clear(): void {
    this.known.clear();
  }

  of(owner: JobOwner, book: AssociationBook, scale: LimitScale): JobLimits {
    const key = `${owner.association}\0${owner.account}\0${owner.user}\0${owner.qos?.name ?? ""}\0${owner.partitionQos?.name ?? ""}`;
    let limits = this.known.get(key);
    if (limits === undefined) {
      limits = this.find(owner, book, scale);
      this.known.set(key, limits);
    }
    return limits;
  }

  private find(owner: JobOwner, book: AssociationBook, scale: LimitScale): JobLimits {
    const subjects: number[] = [];
    const constraints: number[] = [];
    const qosLevels = qosLevelsOf(owner);
    const chain = chainOf(owner, book);
    const place = (name: string): number | undefined => tresPlace(name, scale.dimensionOf);
    /** What a limit of this kind comes to at a level. */
    const scaled = (level: Level, kind: LimitKind, at: number, value: number): number => {
      if (!SCALED.includes(kind)) return value;
      const { factor, relativeTo } = level;
      if (relativeTo !== undefined) return Math.floor((scale.totalOf(relativeTo, at) * value) / 100);
      return factor === 1 ? value : Math.floor(value * factor);
    };
    const bound = (level: Level, subject: string, kind: LimitKind, at: number, asked: number): void => {
      const value = scaled(level, kind, at, asked);
      const counter =
        subject === "" ? -1 : this.counters.intern(`${this.subjects.intern(subject)}/${kind}/${at}`);
      const reason = waitReasonCode(limitReason(level.owner, kind, at));
      constraints.push(this.constraints.intern(`${counter}/${kind}/${at}/${value}/${reason}`));
    };
    for (const [kind, amountsOf] of GROUP_KINDS) {
      const set = new Set<number>();
      for (const level of [...qosLevels, ...chain]) {
        for (const [at, value] of placesOf(amountsOf(level.limits), place)) {
          if (set.has(at)) continue;
          bound(level, level.group, kind, at, value);
          if (level.owner === "qos") set.add(at);
        }
      }
    }
    for (const [kind, amountsOf] of JOB_KINDS) {
      const set = new Set<number>();
      for (const level of [...qosLevels, ...chain]) {
        for (const [at, value] of placesOf(amountsOf(level.limits), place)) {
          if (set.has(at)) continue;
          set.add(at);
          bound(level, "", kind, at, value);
        }
      }
    }
    for (const [kind, amountsOf, subjectOf] of QOS_KINDS) {
      const set = new Set<number>();
      for (const level of qosLevels) {
        for (const [at, value] of placesOf(amountsOf(level.limits), place)) {
          if (set.has(at)) continue;
          set.add(at);
          bound(level, subjectOf(level.group.slice(2), owner), kind, at, value);
        }
      }
    }
    const jobs = [...qosLevels, ...chain].find(({ limits }) => limits.maxJobs !== undefined);
    if (jobs?.limits.maxJobs !== undefined) {
      const ofUser =
        jobs.owner === "qos" ? `qu/${jobs.group.slice(2)}/${owner.user}` : `u/${owner.association}`;
      bound(jobs, ofUser, "maxJobs", 0, jobs.limits.maxJobs);
    }
    // Also where it has no limit itself, a job counts for others who have one.
    for (const { group } of [...qosLevels, ...chain]) subjects.push(this.subjects.intern(group));
    for (const { group } of qosLevels) {
      subjects.push(this.subjects.intern(`qu/${group.slice(2)}/${owner.user}`));
      if (owner.account !== "") subjects.push(this.subjects.intern(`qa/${group.slice(2)}/${owner.account}`));
    }
    if (owner.association >= 0) subjects.push(this.subjects.intern(`u/${owner.association}`));
    return {
      subjects: this.subjectSets.intern([...new Set(subjects)].join(",")),
      constraints: this.constraintSets.intern(constraints.join(",")),
    };
  }
}

type Amounts = (limits: LimitSet) => TresAmounts | undefined;

/** Wall time and counts as amounts of the one TRES that they are of. */
const wall = (seconds: number | undefined): TresAmounts | undefined =>
  seconds === undefined ? undefined : { cpu: seconds };

const GROUP_KINDS: readonly (readonly [LimitKind, Amounts])[] = [
  ["grpTres", (limits) => limits.grpTres],
  ["grpTresMins", (limits) => limits.grpTresMins],
  ["grpTresRunMins", (limits) => limits.grpTresRunMins],
  ["grpJobs", (limits) => wall(limits.grpJobs)],
  ["grpWall", (limits) => wall(limits.grpWallS)],
];
const JOB_KINDS: readonly (readonly [LimitKind, Amounts])[] = [
  ["maxTresPerJob", (limits) => limits.maxTresPerJob],
  ["maxTresPerNode", (limits) => limits.maxTresPerNode],
  ["maxTresMinsPerJob", (limits) => limits.maxTresMinsPerJob],
  ["minTresPerJob", (limits) => limits.minTresPerJob],
  ["maxWall", (limits) => wall(limits.maxWallS)],
];
const QOS_KINDS: readonly (readonly [LimitKind, Amounts, (qos: string, owner: JobOwner) => string])[] = [
  ["maxTresPerUser", (limits) => limits.maxTresPerUser, (qos, { user }) => `qu/${qos}/${user}`],
  ["maxTresPerAccount", (limits) => limits.maxTresPerAccount, (qos, { account }) => `qa/${qos}/${account}`],
  [
    "maxJobsPerAccount",
    (limits) => wall(limits.maxJobsPerAccount),
    (qos, { account }) => `qa/${qos}/${account}`,
  ],
];

/** Kinds that are amounts of TRES of a moment, which a factor or a percentage may be of. */
const SCALED: readonly LimitKind[] = [
  ...(["grpTres", "maxTresPerJob", "maxTresPerNode", "maxTresPerUser", "maxTresPerAccount"] as const),
  "minTresPerJob",
];

function qosLevelsOf({ qos, partitionQos }: JobOwner): Level[] {
  const order = qos?.flags?.includes("OverPartQOS") === true ? [qos, partitionQos] : [partitionQos, qos];
  const levels = order.flatMap((one): Level[] =>
    one === undefined
      ? []
      : [
          {
            owner: "qos",
            limits: one.limits ?? {},
            group: `q/${one.name}`,
            factor: 1,
            relativeTo: one.flags?.includes("Relative") === true ? one.name : undefined,
          },
        ],
  );
  return levels[0]?.group === levels[1]?.group ? levels.slice(0, 1) : levels;
}

/** The user's association, then the accounts above it. */
function chainOf({ association, qos }: JobOwner, book: AssociationBook): Level[] {
  const chain: Level[] = [];
  const owned = { owner: "association", factor: qos?.limitFactor ?? 1, relativeTo: undefined } as const;
  for (let row = association; row >= 0; row = book.table.columns.parent[row]!)
    chain.push({ ...owned, limits: book.limits[row] ?? {}, group: `a/${row}` });
  return chain;
}

function* placesOf(
  amounts: TresAmounts | undefined,
  place: (name: string) => number | undefined,
): Generator<[number, number]> {
  for (const [name, value] of Object.entries(amounts ?? {})) {
    const at = place(name);
    if (at !== undefined) yield [at, value];
  }
}

/** A counter of its interned text. */
export function counterOf(text: string): Counter {
  const [subject, kind, place] = text.split("/");
  return { subject: Number(subject), kind: kind as LimitKind, place: Number(place) };
}

/** A constraint of its interned text. */
export function constraintOf(text: string): Constraint {
  const [counter, kind, place, value, reason] = text.split("/");
  return {
    counter: Number(counter),
    kind: kind as LimitKind,
    place: Number(place),
    value: Number(value),
    reason: Number(reason),
  };
}

/** Numbers of a comma list. */
export const numbersOf = (list: string): readonly number[] =>
  list === "" ? [] : list.split(",").map(Number);

/** Kinds that bound what is in use at each moment, so that an end of a job may lift them. */
export const isOfMoment = (kind: LimitKind): boolean =>
  kind === "grpTres" ||
  kind === "grpJobs" ||
  kind === "maxJobs" ||
  kind === "maxTresPerUser" ||
  kind === "maxTresPerAccount" ||
  kind === "maxJobsPerAccount";

/** Kinds that count jobs, whatever their size. */
export const countsJobs = (kind: LimitKind): boolean =>
  kind === "grpJobs" || kind === "maxJobs" || kind === "maxJobsPerAccount";

/** The TRES that the usage of a counter of decayed use is read from. */
export const usagePlace = ({ kind, place }: Counter): number => (kind === "grpWall" ? TRES.WALL : place);
