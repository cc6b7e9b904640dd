/**
 * Switches nodes off, on and through reboots: looks at every node once a second, and at once when a job was given one
 * that is asleep; writes what is to happen into the journal and then has the site's programs do it, so many nodes a minute
 * as the site lets it. What was under way when the controller ended is started again: programs must bear that.
 */
import type { Logger } from "pino";
import { compressHostlist } from "../model/hostlist.ts";
import type { NodeIndex } from "../model/ids.ts";
import type { NodeRecord } from "../model/node.ts";
import type { Event } from "../state/events.ts";
import { isNodeUsable } from "../state/tables.ts";
import { type Clock, nowS } from "./clock.ts";
import type { ClusterConfig } from "./config.ts";
import { hasPowerSaving } from "./config-power.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Fleet } from "./fleet.ts";
import { inTurns } from "./in-turns.ts";
import type { Ledger } from "./ledger.ts";
import { OWN_REASON, type PowerMove, type PowerProgram, powerMove } from "./power-moves.ts";
import { PowerPrograms } from "./power-programs.ts";

const STEP_MS = 1000;
/** So many nodes as are asked for one after the other in this time go to a program together. */
const GATHER_MS = 50;
/** Nodes that are looked at before other work gets its turn. */
const NODES_A_TURN = 1024;

export interface PowerSaverOptions {
  readonly ledger: Ledger;
  readonly fleet: Fleet;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly config: ClusterConfig;
  readonly log: Logger;
}

export class PowerSaver {
  readonly #options: PowerSaverOptions;
  readonly #programs: PowerPrograms;
  readonly #exceptNodes: ReadonlySet<string>;
  readonly #rates: Readonly<Record<PowerProgram, Rate>>;
  /** When a node was last switched off or found awake against its orders: it is given its time before the next try. */
  readonly #triedS = new Map<NodeIndex, number>();
  readonly #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isAsked = false;
  #looking: Promise<void> | undefined;
  /** Nodes of which a program may have been under way when the last controller ended. */
  #isFirst = true;

  constructor(options: PowerSaverOptions) {
    const { config, log, ledger } = options;
    const { power } = config;
    this.#options = options;
    this.#programs = new PowerPrograms(log);
    this.#exceptNodes = new Set(power.exceptNodes);
    this.#rates = {
      suspend: new Rate(power.suspendPerMinute),
      resume: new Rate(power.resumePerMinute),
      reboot: new Rate(0),
    };
    if (!hasPowerSaving(power) && power.rebootProgram === "") return;
    ledger.onApplied((event) => {
      const asks = event.type === "node.changed" ? event.power !== undefined : event.type === "job.started";
      if (asks && (event.type === "node.changed" || ledger.state.nodeCosts.asleep > 0)) this.#soon();
    });
    this.#timer = setInterval(() => this.step(), STEP_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#programs.close();
  }

  /** One look at all nodes. */
  step(): void {
    if (this.#looking !== undefined || this.#isStopped) return;
    const moves: [NodeRecord, PowerMove][] = [];
    const atNowS = nowS(this.#options.clock);
    const { nodeRecords } = this.#options.ledger.state;
    this.#looking = inTurns(nodeRecords, NODES_A_TURN, (record) => {
      const move = this.#moveOf(record, atNowS);
      if (move !== undefined && this.#mayStart(move, atNowS)) moves.push([record, move]);
    })
      .then(() => this.#make(moves))
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, "power states could not be looked after"),
      )
      .finally(() => {
        this.#looking = undefined;
      });
  }

  #soon(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#options.clock.after(GATHER_MS, () => {
      this.#isAsked = false;
      this.step();
    });
  }

  #moveOf(record: NodeRecord, atNowS: number): PowerMove | undefined {
    const { ledger, fleet, config } = this.#options;
    const { index, power } = record;
    const hasJobs = ledger.state.nodes.columns.runningJobs[index]! > 0;
    const again = this.#isFirst ? programUnderWay(power?.state) : undefined;
    if (again !== undefined) return { change: {}, program: again };
    const mayIdleOff = power === undefined && !hasJobs && this.#mayIdleOff(record, atNowS);
    if (power === undefined && !mayIdleOff) return undefined;
    const facts = { nowS: atNowS, isConnected: fleet.isConnected(index), hasJobs, mayIdleOff };
    return powerMove(record, facts, config.power);
  }

  #mayIdleOff(record: NodeRecord, atNowS: number): boolean {
    const { ledger, config } = this.#options;
    const { suspendTimeS } = config.power;
    if (suspendTimeS === 0 || !hasPowerSaving(config.power)) return false;
    const sinceS = Math.max(record.lastBusyS, record.registeredS, this.#triedS.get(record.index) ?? 0);
    if (atNowS - sinceS < suspendTimeS) return false;
    return isNodeUsable(ledger.state.nodes.columns.flags[record.index]!) && !this.#isExcepted(record);
  }

  #isExcepted({ spec, index }: NodeRecord): boolean {
    const { exceptPartitions } = this.#options.config.power;
    if (this.#exceptNodes.has(spec.name)) return true;
    if (exceptPartitions.length === 0) return false;
    const { state } = this.#options.ledger;
    const { partitionLo, partitionHi } = state.nodes.columns;
    return state.partitions.some(({ spec: { name }, index: p }) => {
      const bits = p < 32 ? partitionLo[index]! : partitionHi[index]!;
      return ((bits >>> (p & 31)) & 1) === 1 && exceptPartitions.includes(name);
    });
  }

  #mayStart({ program }: PowerMove, atNowS: number): boolean {
    return program === undefined || (this.#programs.hasRoom && this.#rates[program].take(atNowS));
  }

  async #make(moves: readonly (readonly [NodeRecord, PowerMove])[]): Promise<void> {
    this.#isFirst = false;
    if (moves.length === 0 || this.#isStopped) return;
    const { ledger, clock, dispatcher } = this.#options;
    const atS = Math.max(nowS(clock), ledger.state.lastAtS);
    // A job may have been given a node since it was looked at.
    const now = moves.filter(([record, move]) => {
      if (Object.keys(move.change).length === 0) return true;
      const again = this.#moveOf(record, atS);
      return again !== undefined && again.program === move.program;
    });
    const events = now.flatMap(([{ index }, { change }]): Event[] =>
      Object.keys(change).length === 0 ? [] : [{ type: "node.changed", atS, node: index, uid: 0, ...change }],
    );
    for (const [{ index }, { program, change }] of now)
      if (program === "suspend" || change.power === null) this.#triedS.set(index, atS);
    await ledger.append(events);
    for (const [{ index }, { isLost }] of now) if (isLost === true) dispatcher.nodeLost(index);
    for (const program of ["resume", "suspend", "reboot"] as const)
      this.#run(
        program,
        now.flatMap(([record, move]) => (move.program === program ? [record] : [])),
      );
  }

  #run(what: PowerProgram, nodes: readonly NodeRecord[]): void {
    if (nodes.length === 0 || this.#isStopped) return;
    const { power } = this.#options.config;
    this.#programs.start({
      what,
      program: power[`${what}Program`],
      hostlist: compressHostlist(nodes.map(({ spec }) => spec.name)),
      limitS: what === "suspend" ? power.suspendTimeoutS : power.resumeTimeoutS,
      onFailure: (problem) => this.#noteFailure(what, nodes, problem),
    });
  }

  /** The nodes are left as they are: some may have done what they were to, and for the others time runs out. */
  #noteFailure(what: PowerProgram, nodes: readonly NodeRecord[], problem: string): void {
    const { ledger, clock } = this.#options;
    if (this.#isStopped) return;
    const atS = Math.max(nowS(clock), ledger.state.lastAtS);
    const reason = `${OWN_REASON}${what} program: ${problem}`;
    const concerned = nodes.filter(({ power, reason: own }) => power !== undefined && own === "");
    ledger
      .append(concerned.map(({ index }) => ({ type: "node.changed", atS, node: index, reason, uid: 0 })))
      .catch(() => undefined);
  }
}

const programUnderWay = (state: string | undefined): PowerProgram | undefined => {
  if (state === "powering-up") return "resume";
  return state === "powering-down" ? "suspend" : undefined;
};

/** So many a minute, as many at once as have been left over in the last one. */
class Rate {
  readonly #perMinute: number;
  #left: number;
  #atS = 0;

  /** 0 for any number. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
  }

  take(atNowS: number): boolean {
    if (this.#perMinute === 0) return true;
    this.#left = Math.min(this.#perMinute, this.#left + ((atNowS - this.#atS) * this.#perMinute) / 60);
    this.#atS = atNowS;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
