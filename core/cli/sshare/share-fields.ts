/** What sshare shows of an account, or of a user in one: Slurm's fields under fair tree, with their widths. Pure. */
import type { ShareView } from "../../model/account-views.ts";
import type { ReportField } from "../report-fields.ts";
import { allTresMinsText, tresMinsText } from "../tres-text.ts";

export interface ShareRow {
  readonly share: ShareView;
  /** Blanks before the account. */
  readonly indent: number;
  readonly cluster: string;
  /** Devices that any row has used. */
  readonly gres: readonly string[];
}

const isRoot = ({ share }: ShareRow): boolean => share.parent === "";

/** In the order of --helpformat, which is that in which abbreviations are looked up. */
export const SHARE_FIELDS: readonly ReportField<ShareRow>[] = [
  {
    name: "Account",
    header: "Account",
    width: -20,
    value: ({ share, indent }) => `${" ".repeat(indent)}${share.account}`,
  },
  { name: "Cluster", header: "Cluster", width: 10, value: ({ cluster }) => cluster },
  {
    name: "EffectvUsage",
    header: "EffectvUsage",
    width: 13,
    value: ({ share }) => ({ real: share.effectvUsage }),
  },
  {
    name: "FairShare",
    header: "FairShare",
    width: 10,
    // Only users are ranked by fair tree.
    value: ({ share }) => (share.user === "" ? "" : { real: share.fairShare }),
  },
  {
    name: "GrpTRESMins",
    header: "GrpTRESMins",
    width: 30,
    value: ({ share }) => tresMinsText(share.limits.grpTresMins),
  },
  {
    name: "GrpTRESRaw",
    header: "GrpTRESRaw",
    width: 30,
    value: ({ share, gres }) => allTresMinsText(share.tresMins, gres),
  },
  { name: "ID", header: "ID", width: 6, value: ({ share }) => share.id },
  {
    name: "LevelFS",
    header: "LevelFS",
    width: 10,
    value: (row) => (isRoot(row) ? "" : { real: row.share.levelFs ?? Number.POSITIVE_INFINITY }),
  },
  {
    name: "NormShares",
    header: "NormShares",
    width: 11,
    value: (row) => ({ real: isRoot(row) ? 0 : row.share.normShares }),
  },
  {
    name: "NormUsage",
    header: "NormUsage",
    width: 11,
    value: (row) => (isRoot(row) ? "" : { real: row.share.normUsage }),
  },
  { name: "Partition", header: "Partition", width: 12, value: () => "" },
  {
    name: "RawShares",
    header: "RawShares",
    width: 10,
    value: (row) => (isRoot(row) ? "" : row.share.rawShares),
  },
  { name: "RawUsage", header: "RawUsage", width: 11, value: ({ share }) => Math.trunc(share.rawUsage) },
  {
    name: "TRESRunMins",
    header: "TRESRunMins",
    width: 30,
    value: ({ share, gres }) => allTresMinsText(share.tresRunMins, gres),
  },
  { name: "User", header: "User", width: 10, value: ({ share }) => share.user },
];

const DEFAULT = ["Account", "User", "RawShares", "NormShares", "RawUsage", "EffectvUsage", "FairShare"];
const LONG = [
  ...DEFAULT.slice(0, 5),
  "NormUsage",
  "EffectvUsage",
  "FairShare",
  "LevelFS",
  "GrpTRESMins",
  "TRESRunMins",
];

/** Names of the fields that are shown where none are asked for. */
export const defaultFields = (long: boolean, partition: boolean): readonly string[] => {
  const [account, user, ...rest] = long ? LONG : DEFAULT;
  return [account!, user!, ...(partition ? ["Partition"] : []), ...rest];
};

/** `--helpformat`: four names a line. */
export const fieldNames = (): string => {
  const WIDTH = 17;
  let text = "";
  for (let i = 0; i < SHARE_FIELDS.length; i += 4) {
    const names = SHARE_FIELDS.slice(i, i + 4).map(({ name }) => name.padEnd(WIDTH));
    text += `${names.join(" ")}\n`;
  }
  return text;
};
