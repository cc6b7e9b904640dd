/** What sacctmgr shows of a QOS: Slurm's fields, with their headers and widths. Pure. */

import type { QosView } from "../../model/account-views.ts";
import { printDurationLong } from "../../model/time.ts";
import type { ReportField } from "../report-fields.ts";
import { tresMinsText, tresText } from "../tres-text.ts";

type Field = ReportField<QosView>;

const field = (name: string, header: string, width: number, value: Field["value"]): Field => ({
  name,
  header,
  width,
  value,
});
const wallText = (seconds: number | undefined): string =>
  seconds === undefined ? "" : printDurationLong(seconds);

/** In the order in which they are shown where no format is asked for, which is that of abbreviations as well. */
export const QOS_FIELDS: readonly Field[] = [
  field("Name", "Name", 10, ({ name }) => name),
  field("Priority", "Priority", 10, ({ priority }) => priority),
  field("GraceTime", "GraceTime", 10, ({ graceTimeS }) => printDurationLong(graceTimeS)),
  field("Preempt", "Preempt", 10, ({ preempt }) => preempt.join(",")),
  field("PreemptExemptTime", "PreemptExemptTime", 19, () => ""),
  field("PreemptMode", "PreemptMode", 11, () => "cluster"),
  field("Flags", "Flags", 40, ({ flags }) => flags.join(",")),
  field("UsageThreshold", "UsageThres", 10, ({ usageThreshold }) =>
    usageThreshold === 0 ? "" : { real: usageThreshold },
  ),
  field("UsageFactor", "UsageFactor", 11, ({ usageFactor }) => ({ real: usageFactor })),
  field("GrpTRES", "GrpTRES", 13, ({ limits }) => tresText(limits.grpTres)),
  field("GrpTRESMins", "GrpTRESMins", 13, ({ limits }) => tresMinsText(limits.grpTresMins)),
  field("GrpTRESRunMins", "GrpTRESRunMin", 13, ({ limits }) => tresMinsText(limits.grpTresRunMins)),
  field("GrpJobs", "GrpJobs", 7, ({ limits }) => limits.grpJobs ?? ""),
  field("GrpSubmitJobs", "GrpSubmit", 9, ({ limits }) => limits.grpSubmitJobs ?? ""),
  field("GrpWall", "GrpWall", 11, ({ limits }) => wallText(limits.grpWallS)),
  field("MaxTRESPerJob", "MaxTRES", 13, ({ limits }) => tresText(limits.maxTresPerJob)),
  field("MaxTRESPerNode", "MaxTRESPerNode", 14, ({ limits }) => tresText(limits.maxTresPerNode)),
  field("MaxTRESMinsPerJob", "MaxTRESMins", 13, ({ limits }) => tresMinsText(limits.maxTresMinsPerJob)),
  field("MaxWallDurationPerJob", "MaxWall", 11, ({ limits }) => wallText(limits.maxWallS)),
  {
    ...field("MaxTRESPerUser", "MaxTRESPU", 13, ({ limits }) => tresText(limits.maxTresPerUser)),
    others: ["MaxTRESPU"],
  },
  {
    ...field("MaxJobsPerUser", "MaxJobsPU", 9, ({ limits }) => limits.maxJobs ?? ""),
    others: ["MaxJobsPU"],
  },
  {
    ...field("MaxSubmitJobsPerUser", "MaxSubmitPU", 11, ({ limits }) => limits.maxSubmitJobs ?? ""),
    others: ["MaxSubmitPU"],
  },
  {
    ...field("MaxTRESPerAccount", "MaxTRESPA", 13, ({ limits }) => tresText(limits.maxTresPerAccount)),
    others: ["MaxTRESPA"],
  },
  {
    ...field("MaxJobsPerAccount", "MaxJobsPA", 9, ({ limits }) => limits.maxJobsPerAccount ?? ""),
    others: ["MaxJobsPA"],
  },
  {
    ...field(
      "MaxSubmitJobsPerAccount",
      "MaxSubmitPA",
      11,
      ({ limits }) => limits.maxSubmitJobsPerAccount ?? "",
    ),
    others: ["MaxSubmitPA"],
  },
  field("MinTRESPerJob", "MinTRES", 13, ({ limits }) => tresText(limits.minTresPerJob)),
];

/** Shown where a format asks for them. */
export const OTHER_QOS_FIELDS: readonly Field[] = [
  field("LimitFactor", "LimitFactor", 11, ({ limitFactor }) =>
    limitFactor === 1 ? "" : { real: limitFactor },
  ),
  field("MinPrioThreshold", "MinPrioThres", 12, ({ minPrioThreshold }) =>
    minPrioThreshold === 0 ? "" : minPrioThreshold,
  ),
];
