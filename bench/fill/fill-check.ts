/**
 * Whether a filled cluster is right, from what the API says and what the agents were told: nothing is given twice,
 * every started job has what it asked for, and its batch host got its order, once and to the letter.
 */
import type { JobView } from "../../core/model/views.ts";
import type { BenchJob } from "../pass/workload.ts";
import type { NotedOrder } from "./fill-agents.ts";
import { NODE_CPUS, NODE_GPUS, NODE_MEM_MIB } from "./fill-node.ts";

/** What is wrong first, in words; "" for nothing. `jobs` are those that run, `asked` is by job id. */
export function findWrong(
  jobs: readonly JobView[],
  orders: readonly NotedOrder[],
  asked: ReadonlyMap<number, BenchJob>,
): string {
  return findTwiceGiven(jobs) || findUnasked(jobs, asked) || findWrongOrder(jobs, orders);
}

function findTwiceGiven(jobs: readonly JobView[]): string {
  const used = new Map<string, { cpus: number; memMib: number; lanes: Set<number> }>();
  for (const job of jobs) {
    for (const share of job.allocation) {
      let node = used.get(share.node);
      if (node === undefined) {
        node = { cpus: 0, memMib: 0, lanes: new Set() };
        used.set(share.node, node);
      }
      node.cpus += share.cpus;
      node.memMib += share.memMib;
      for (const { lane, thousandths } of share.devices) {
        if (node.lanes.has(lane) || lane < 0 || lane >= NODE_GPUS || thousandths !== 1000)
          return `job ${job.jobId} has lane ${lane} of ${share.node}, which is another's or none`;
        node.lanes.add(lane);
      }
      if (node.cpus > NODE_CPUS || node.memMib > NODE_MEM_MIB)
        return `${share.node} has given ${node.cpus} CPUs and ${node.memMib} MiB`;
    }
  }
  return "";
}

function findUnasked(jobs: readonly JobView[], asked: ReadonlyMap<number, BenchJob>): string {
  for (const job of jobs) {
    const ask = asked.get(job.jobId);
    if (ask === undefined) return `job ${job.jobId} was not submitted`;
    const isGiven =
      new Set(job.allocation.map(({ node }) => node)).size === ask.nodes &&
      job.allocation.every(({ cpus, devices }) => cpus === ask.cpus && devices.length === ask.gpusPerNode);
    if (!isGiven) return `job ${job.jobId} does not have what it asked for`;
  }
  return "";
}

function findWrongOrder(jobs: readonly JobView[], orders: readonly NotedOrder[]): string {
  const byJob = new Map(orders.map((order) => [order.jobId, order]));
  if (byJob.size !== orders.length) return "an order came twice";
  if (orders.length !== jobs.length) return `${orders.length} orders came for ${jobs.length} started jobs`;
  for (const job of jobs) {
    const order = byJob.get(job.jobId);
    const [share] = job.allocation;
    const lanes = share?.devices.map(({ lane }) => lane).join();
    if (
      order === undefined ||
      order.node !== share?.node ||
      order.cpus !== share.cpus ||
      order.lanes.join() !== lanes
    )
      return `the order of job ${job.jobId} is not what ${share?.node} was given`;
  }
  return "";
}
