/**
 * The canonical text of a request: two requests have the same text exactly when they ask the same. Made when a shape
 * is taken or given back. Pure; never parsed again.
 */
import { printPart } from "./device-parts.ts";
import { printLicences } from "./licence.ts";
import type { Request } from "./request.ts";

/** Fields in a fixed order, lists joined by commas; features come last since they are the one free text. */
export const requestKey = (request: Request): string =>
  [
    `n${request.minNodes}-${request.maxNodes}`,
    `t${request.tasks}/${request.tasksPerNode}${request.uneven ? "u" : ""}`,
    `c${request.cpusPerTask}${request.overcommit === true ? "o" : ""}/${request.cpus}`,
    `m${request.memMib}/${request.memPer}/${request.memPerMib}`,
    `g${request.gres.map((demand) => `${demand.dimension}:${demand.count}${demand.perTask ? "t" : ""}`).join(",")}`,
    `x${request.exclusive ? 1 : 0}${request.exclusiveUser === true ? "u" : ""}`,
    `1${request.oneThreadPerCore}`,
    `w${request.requiredNodes.join(",")}`,
    `-${request.excludedNodes.join(",")}`,
    ...(request.contiguous === true ? ["o"] : []),
    ...(request.switches === undefined ? [] : [`s${request.switches.count}@${request.switches.waitS}`]),
    ...(request.part === undefined ? [] : [`p${printPart(request.part)}`]),
    `l${printLicences(request.licences ?? [])}`,
    `f${request.features}`,
  ].join(" ");
