/**
 * The process of the fill benchmark's agents: thousands of fake ones on real sockets, which note every start order
 * that reaches them and when. Told what to do and asked over IPC by fill-cluster.ts; ends with its parent.
 */
import { startFakeAgents } from "../../agents/fake/fake-agents.ts";
import type { StartOrder } from "../../agents/protocol/frames.ts";
import { isWarmUp } from "./fill-jobs.ts";
import { fillNode, nodeName } from "./fill-node.ts";

export interface AgentsAsked {
  readonly url: string;
  readonly token: string;
  readonly count: number;
}

/** One start order as an agent got it. */
export interface NotedOrder {
  readonly jobId: number;
  readonly node: string;
  readonly cpus: number;
  readonly lanes: readonly number[];
}

export type AgentsMessage =
  | { readonly kind: "registered"; readonly tookMs: number }
  /** Orders so far, and when the newest came, epoch ms; 0 before the first. */
  | { readonly kind: "counts"; readonly orders: number; readonly firstMs: number; readonly lastMs: number }
  | { readonly kind: "orders"; readonly orders: readonly NotedOrder[] };

export type AgentsCall =
  | { readonly kind: "begin"; readonly asked: AgentsAsked }
  | { readonly kind: "orders" };

const TELL_EVERY_MS = 20;
/** Longer than any run of the benchmark: nothing ends while the cluster fills. */
const RUN_MS = 86_400_000;

const orders: { readonly agent: number; readonly order: StartOrder }[] = [];
let firstMs = 0;
let lastMs = 0;

process.on("message", (call: AgentsCall) => {
  if (call.kind === "begin") begin(call.asked).catch(endWith);
  else tell({ kind: "orders", orders: orders.map(noted) });
});
process.on("disconnect", () => process.exit(0));

async function begin({ url, token, count }: AgentsAsked): Promise<void> {
  const beganMs = performance.now();
  await startFakeAgents({
    controllerUrl: url,
    token,
    count,
    connecting: 256,
    nodeSpec: fillNode,
    runMs: (order) => (isWarmUp(order.name) ? 0 : RUN_MS),
    onStart: (agent, order) => {
      if (isWarmUp(order.name)) return;
      lastMs = performance.timeOrigin + performance.now();
      if (firstMs === 0) firstMs = lastMs;
      orders.push({ agent, order });
    },
  });
  tell({ kind: "registered", tookMs: performance.now() - beganMs });
  let told = 0;
  setInterval(() => {
    if (orders.length === told) return;
    told = orders.length;
    tell({ kind: "counts", orders: told, firstMs, lastMs });
  }, TELL_EVERY_MS);
}

const noted = ({ agent, order }: (typeof orders)[number]): NotedOrder => ({
  jobId: order.jobId,
  node: nodeName(agent),
  cpus: order.cpus,
  lanes: order.devices.map(({ lane }) => lane),
});

const tell = (message: AgentsMessage): void => void process.send?.(message);

function endWith(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
