/**
 * Batch scheduling by counts, as plainly as it can be said: the independent program that plans are held against. A
 * machine is a number of CPUs; every list is scanned from its beginning. Shares nothing with the planner.
 */
import type { LogJob } from "./machine.ts";

export type Rule = "none" | "easy" | "easy-shortest" | "conservative";

interface Running {
  readonly cpus: number;
  readonly realEndS: number;
  readonly expectedEndS: number;
}

/** Start of each job of a log that is sorted by submission. */
export function replay(log: readonly LogJob[], cpus: number, rule: Rule): number[] {
  const startS = log.map(() => -1);
  const promisedS = log.map(() => Number.POSITIVE_INFINITY);
  let queue: number[] = [];
  let running: Running[] = [];
  let next = 0;
  const pass = (nowS: number, isEnd: boolean): void => {
    const start = (job: number): void => {
      const { cpus: held, limitS, runS } = log[job]!;
      startS[job] = nowS;
      running.push({ cpus: held, realEndS: nowS + runS, expectedEndS: nowS + limitS });
    };
    const freeAt = (atS: number): number =>
      running.reduce((free, job) => (job.expectedEndS > atS ? free - job.cpus : free), cpus);
    if (rule === "conservative") promiseAll(log, queue, running, cpus, nowS, promisedS, isEnd, start);
    else inOrder(log, queue, freeAt, () => running, nowS, rule, start);
    queue = queue.filter((job) => startS[job]! < 0);
  };
  while (next < log.length || running.length > 0) {
    const submitS = next < log.length ? log[next]!.submitS : Number.POSITIVE_INFINITY;
    const nowS = Math.min(submitS, ...running.map(({ realEndS }) => realEndS));
    for (; next < log.length && log[next]!.submitS === nowS; next++) {
      queue.push(next);
      pass(nowS, false);
    }
    for (const end of running.filter(({ realEndS }) => realEndS === nowS)) {
      running = running.filter((job) => job !== end);
      pass(nowS, true);
    }
  }
  return startS;
}

function inOrder(
  log: readonly LogJob[],
  queue: readonly number[],
  freeAt: (atS: number) => number,
  running: () => readonly Running[],
  nowS: number,
  rule: Rule,
  start: (job: number) => void,
): void {
  const waiting = [...queue];
  while (waiting.length > 0 && log[waiting[0]!]!.cpus <= freeAt(nowS)) start(waiting.shift()!);
  const head = waiting.shift();
  if (head === undefined || rule === "none") return;
  const ends = running()
    .map(({ expectedEndS }) => expectedEndS)
    .sort((a, b) => a - b);
  const shadowS = ends.find((endS) => freeAt(endS) >= log[head]!.cpus)!;
  let spare = freeAt(shadowS) - log[head]!.cpus;
  if (rule === "easy-shortest") waiting.sort((a, b) => log[a]!.limitS - log[b]!.limitS || a - b);
  for (const job of waiting) {
    const { cpus, limitS } = log[job]!;
    if (cpus > freeAt(nowS)) continue;
    const endsBefore = nowS + limitS <= shadowS;
    if (!endsBefore && cpus > spare) continue;
    if (!endsBefore) spare -= cpus;
    start(job);
  }
}

/**
 * Every waiting job has a promise. After an end each in turn looks for an earlier start beside the promises of all
 * others; after a submission only the new one does.
 */
function promiseAll(
  log: readonly LogJob[],
  queue: readonly number[],
  running: readonly Running[],
  cpus: number,
  nowS: number,
  promisedS: number[],
  isEnd: boolean,
  start: (job: number) => void,
): void {
  for (const job of queue) {
    if (!isEnd && promisedS[job] !== Number.POSITIVE_INFINITY) continue;
    const held = running.map((other) => ({ fromS: nowS, toS: other.expectedEndS, cpus: other.cpus }));
    for (const other of queue) {
      const fromS = promisedS[other]!;
      if (other !== job && fromS !== Number.POSITIVE_INFINITY)
        held.push({ fromS, toS: fromS + log[other]!.limitS, cpus: log[other]!.cpus });
    }
    const usedAt = (atS: number): number =>
      held.reduce((used, { fromS, toS, cpus: its }) => (fromS <= atS && atS < toS ? used + its : used), 0);
    const { cpus: need, limitS } = log[job]!;
    const times = [nowS, ...held.map(({ toS }) => toS)].filter((atS) => atS >= nowS).sort((a, b) => a - b);
    promisedS[job] = times.find((fromS) =>
      [fromS, ...held.map((other) => other.fromS)]
        .filter((t) => t >= fromS && t < fromS + limitS)
        .every((t) => usedAt(t) + need <= cpus),
    )!;
  }
  for (const job of queue) if (promisedS[job] === nowS) start(job);
}
