/**
 * The wiring, read top to bottom: store → ledger → policies → passes → agents → API. Everything else in this room is
 * a part that is given its neighbours here. Run once a process; the tests run several in one.
 */
import { hostname } from "node:os";
import type { Logger } from "pino";
import type { Store } from "../../plugins/sdk/store.ts";
import { openSqliteStore } from "../../plugins/stores/sqlite/sqlite-store.ts";
import { historyOf } from "../account/history.ts";
import type { AdmitCluster } from "../admit/cluster.ts";
import { admitClusterOf } from "../admit/cluster-of.ts";
import { startApi } from "../api/start-api.ts";
import { RotaError } from "../model/errors.ts";
import { NO_POWER } from "../model/node-power.ts";
import { NO_PREEMPTION } from "../model/preemption.ts";
import type { Event } from "../state/events.ts";
import { AdmissionDesk } from "./admission-desk.ts";
import { Allocations } from "./allocations.ts";
import { type Clock, nowS, systemClock } from "./clock.ts";
import { commitPlan, commitPreemptions, commitResumes } from "./commit-plan.ts";
import type { ClusterConfig } from "./config.ts";
import { hasPowerSaving } from "./config-power.ts";
import type { CoreParts } from "./core-parts.ts";
import { Dispatcher } from "./dispatcher.ts";
import { EventRing } from "./event-ring.ts";
import { Fleet } from "./fleet.ts";
import { Ledger } from "./ledger.ts";
import { LivePort } from "./live-port.ts";
import { Mailer } from "./mailer.ts";
import { NodeOrder } from "./node-order.ts";
import { PassRunner } from "./pass-runner.ts";
import { PlanBoard } from "./plan-board.ts";
import { PolicyDesk } from "./policy-desk.ts";
import { PowerSaver } from "./power-saver.ts";
import { preemptEvents } from "./preempt-events.ts";
import { resumeEvents } from "./resume-events.ts";
import { Scheduler } from "./scheduler.ts";
import { ScriptShelf } from "./script-shelf.ts";
import { ShadowDesk } from "./shadow-desk.ts";
import { prepareStateDir, removeConnect, writeConnect } from "./state-dir.ts";
import { StepDesk } from "./step-desk.ts";
import { Tally } from "./tally.ts";
import { VERSION } from "./version.ts";
import { Watch } from "./watch.ts";
import { Workbench } from "./workbench.ts";

export interface ControllerOptions {
  readonly stateDir: string;
  readonly config: ClusterConfig;
  readonly log: Logger;
  readonly clock?: Clock;
  /** The journal could not be written: the process must end, since memory is ahead of the disk. */
  readonly onFatal: (error: unknown) => void;
}

export interface RunningController {
  readonly url: string;
  readonly token: string;
  readonly parts: CoreParts;
  close(): Promise<void>;
}

export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { stateDir, config, log } = options;
  const clock = options.clock ?? systemClock;
  const { token, tokenFile } = prepareStateDir(stateDir);

  const desk = await PolicyDesk.open(config.policies, log, nowS(clock));
  if (!desk.ok) throw new RotaError(desk.refusal.code, desk.refusal.message);
  const store = await openSqliteStore(stateDir);
  const undo: (() => unknown)[] = [() => store.close()];
  try {
    return await assemble(options, clock, desk.value, store, { token, tokenFile }, undo);
  } catch (error) {
    // Threads and timers of what was already started would keep the process alive.
    for (const stop of undo.reverse()) await stop();
    throw error;
  }
}

async function assemble(
  { stateDir, config, log, onFatal }: ControllerOptions,
  clock: Clock,
  desk: PolicyDesk,
  store: Store,
  { token, tokenFile }: ReturnType<typeof prepareStateDir>,
  undo: (() => unknown)[],
): Promise<RunningController> {
  const ledger = await Ledger.open({ store, historyOf, onFailure: onFatal });
  const tally = new Tally();
  const ring = new EventRing();
  ledger.onApplied((event) => tally.count(event));
  ledger.onDurable((event, seq) => ring.add(event, seq));
  const configured = configuredEvent(config, clock);
  if (isNews(ledger, configured)) await ledger.append([configured]);

  const shelf = new ScriptShelf(store);
  const board = new PlanBoard();
  const { planners } = config.scheduler;
  const runner = new PassRunner({ desk, budgets: config.policies, planners, log });
  const admission = new AdmissionDesk({ desk, callBudgetMs: config.policies.callBudgetMs, log });
  const shadow = new ShadowDesk({
    desk,
    callBudgetMs: config.policies.callBudgetMs,
    nodeName: (row) => ledger.state.nodeRecords[row]?.spec.name ?? "",
    wake: () => scheduler.wake(),
    log,
  });
  let url = "";
  const mailer = new Mailer(config.mailProgram, log);
  const dispatcher = new Dispatcher({ ledger, shelf, clock, config, mailer, log, controllerUrl: () => url });
  const nodeOrder = new NodeOrder(ledger);
  const scheduler = new Scheduler({
    ledger,
    board,
    clock,
    tally,
    mode: config.scheduler.backfill,
    runPass: (request) => runner.run(request),
    shadow,
    commit: (plan) => {
      nodeOrder.apply(plan);
      return commitPlan(ledger.state, plan);
    },
    resume: (plan, atS) => {
      const { jobs, conflicts } = commitResumes(ledger.state, plan);
      return { ...resumeEvents(jobs, atS), conflicts };
    },
    preempt: (plan, atS) => {
      const { preemptions, conflicts } = commitPreemptions(ledger.state, plan);
      return { ...preemptEvents(ledger.state, preemptions, atS, config.timing.killWaitS), conflicts };
    },
    onStarted: (started) => dispatcher.started(started),
    onResumed: (resumed) => dispatcher.suspender.resumed(resumed),
    onPreempted: (victims) => dispatcher.preempted(victims),
    onFault: (error) => log.error({ err: error }, "a pass failed; jobs wait until the next one"),
  });
  const steps = new StepDesk({ ledger, clock, config });
  const fleet = new Fleet({
    clock,
    log,
    heartbeatMs: config.timing.heartbeatMs,
    onHello: (hello) => dispatcher.register(hello),
    onWelcomed: (node, hello, isResumed) => {
      dispatcher.reconcile(node, hello);
      steps.reconcile(node, hello, isResumed);
    },
    onBody: (node, body) =>
      body.kind === "step-ended" ? steps.report(node, body) : dispatcher.report(node, body),
    onLost: (node) =>
      log.warn({ node: ledger.state.nodeRecords[node]?.spec.name }, "agent's connection is gone"),
  });
  const allocations = new Allocations({ ledger, clock, config, dispatcher, controllerUrl: () => url });
  dispatcher.attach(() => fleet);
  steps.attach(() => fleet);
  undo.push(
    () => runner.close(),
    () => admission.close(),
    () => shadow.close(),
    () => scheduler.stop(),
    () => allocations.stop(),
    () => fleet.close(),
  );
  const watch = new Watch({ ledger, fleet, dispatcher, shelf, clock, config, log });

  undo.push(() => watch.stop());
  const powerSaver = new PowerSaver({ ledger, fleet, dispatcher, clock, config, log });
  undo.push(() => powerSaver.stop());

  const workbench = new Workbench(stateDir);
  undo.push(() => workbench.close());
  const parts: CoreParts = {
    config,
    stateDir,
    version: VERSION,
    startedS: nowS(clock),
    clock,
    log,
    store,
    ledger,
    shelf,
    board,
    scheduler,
    runner,
    desk,
    admission,
    shadow,
    workbench,
    dispatcher,
    fleet,
    steps,
    allocations,
    ring,
    tally,
    admitCluster: admitClusterCache(ledger, config),
  };
  const api = await startApi({
    port: new LivePort(parts),
    host: config.listen.host,
    portNumber: config.listen.port,
    token,
    version: VERSION,
    logger: log,
    onUpgrade: (request, socket, head) => fleet.upgrade(request, socket, head),
  });
  url = api.url;
  writeConnect(stateDir, { url, tokenFile });
  log.info(
    { url, host: hostname(), jobs: ledger.state.jobs.size, seq: ledger.state.lastSeq },
    "controller ready",
  );
  scheduler.wake();

  return {
    url,
    token,
    parts,
    close: async () => {
      removeConnect(stateDir);
      await watch.stop();
      powerSaver.stop();
      scheduler.stop();
      allocations.stop();
      await api.close();
      fleet.close();
      await shadow.close();
      await workbench.close();
      await runner.close();
      await admission.close();
      await ledger.snapshot();
      await store.close();
    },
  };
}

function configuredEvent(
  config: ClusterConfig,
  clock: Clock,
): Extract<Event, { type: "cluster.configured" }> {
  const { clusterName, partitions, qos, nodes, licenses, accounts, fairShare, preemption, power, topology } =
    config;
  return {
    type: "cluster.configured",
    atS: nowS(clock),
    clusterName,
    partitions,
    qos,
    nodes,
    ...(licenses.length === 0 ? {} : { licences: licenses }),
    ...(accounts.length === 0 ? {} : { accounts, fairShare }),
    ...(preemption.by === "none" && preemption.turnS === undefined ? {} : { preemption }),
    ...(hasPowerSaving(power) ? { power: { bootS: power.resumeTimeoutS } } : {}),
    ...(topology === undefined ? {} : { topology }),
  };
}

function isNews({ state }: Ledger, event: Extract<Event, { type: "cluster.configured" }>): boolean {
  const { accounting } = state;
  const known: unknown[] = [
    state.clusterName,
    state.partitions.map(({ spec }) => spec),
    state.qos,
    state.expectedNodes,
    state.licences.specs,
    accounting.accounts,
    accounting.accounts.length === 0 ? "" : accounting.fairShare,
    state.preemption,
    state.power,
    state.topology ?? "",
  ];
  const said: unknown[] = [
    event.clusterName,
    event.partitions,
    event.qos,
    event.nodes,
    event.licences ?? [],
    event.accounts ?? [],
    event.fairShare ?? "",
    event.preemption ?? NO_PREEMPTION,
    event.power ?? NO_POWER,
    event.topology ?? "",
  ];
  return JSON.stringify(known) !== JSON.stringify(said);
}

/** Admission's view looks at every node once, so it is kept until nodes or partitions change. */
function admitClusterCache(ledger: Ledger, config: ClusterConfig): () => AdmitCluster {
  let cached: AdmitCluster | undefined;
  ledger.onApplied((event) => {
    if (event.type === "node.registered" || event.type === "cluster.configured") cached = undefined;
  });
  const jobCount = (): number => {
    const { pending, runningRows, arrays } = ledger.state;
    if (arrays.size === 0) return pending.count + runningRows.size;
    let waiting = 0;
    for (let row = 0; row < pending.count; row++) waiting += pending.columns.tasksWaiting[row]!;
    return waiting + runningRows.size;
  };
  return () => {
    cached ??= admitClusterOf(ledger.state, jobCount, config.limits);
    return cached;
  };
}
