/**
 * `rota up`: controller and agents on this machine in one command, kept running until SIGINT, SIGTERM or SIGHUP. Jobs
 * outlive it, and the next `rota up` with the same state directory finds them again.
 */
import { mkdirSync } from "node:fs";
import { type CommandContext, EXIT_FAILED, EXIT_OK, fail } from "../context.ts";
import { commandFolder } from "../program-file.ts";
import { defaultStatePath } from "../state-path.ts";
import { freePort } from "./free-port.ts";
import type { Death } from "./kept-program.ts";
import { clientOf, registeredNodes } from "./registered-nodes.ts";
import { type RunningCluster, startCluster } from "./running-cluster.ts";
import { takeUpLock } from "./up-lock.ts";
import { planUp, type UpOptions, type UpPlan } from "./up-options.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs until a signal, and resolves with the exit code once all that it started has ended. */
export async function runUp(context: CommandContext, options: UpOptions): Promise<number> {
  const plan = planUp(options, context.env);
  if (!plan.ok) return fail(context, plan.refusal);
  mkdirSync(plan.value.stateDir, { recursive: true, mode: 0o700 });
  const lock = takeUpLock(plan.value.stateDir);
  if (!lock.ok) return fail(context, lock.refusal);
  // From here on a signal must end what was started.
  let stop: (why: "signal" | "gave up") => void = () => undefined;
  const stopped = new Promise<"signal" | "gave up">((resolve) => {
    stop = resolve;
  });
  const onSignal = (): void => stop("signal");
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const cluster = await startCluster({
      ...plan.value,
      ...(await portOf(plan.value)),
      onDeath: (death) => {
        context.err(deathLine(death));
        if (death.waitMs === undefined) stop("gave up");
      },
    });
    if (!cluster.ok) return fail(context, cluster.refusal);
    const why = await Promise.race([stopped, greet(context, plan.value, cluster.value)]);
    const end = why ?? (await stopped);
    await cluster.value.stop();
    if (end === "signal")
      context.out("rota has stopped; running jobs go on, and the next `rota up` finds them.\n");
    return end === "signal" ? EXIT_OK : EXIT_FAILED;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    lock.value.release();
  }
}

/** A port that nobody asked for is the usual one, or any where that is taken. */
async function portOf(plan: UpPlan): Promise<{ readonly port?: number }> {
  if (plan.port !== undefined) return { port: plan.port };
  if (plan.configPath !== undefined) return {};
  return { port: await freePort(plan.host ?? plan.config.listen.host, plan.config.listen.port) };
}

/** Waits for the nodes, then says in two lines what runs and how to use it. Resolves with undefined. */
async function greet(context: CommandContext, plan: UpPlan, cluster: RunningCluster): Promise<undefined> {
  const names = await registeredNodes(
    clientOf(cluster.connection),
    plan.agents.map(({ name }) => name),
  );
  const { colours } = context.terminal;
  const missing = plan.agents.length - names.length;
  const nodes = `${names.length} ${names.length === 1 ? "node" : "nodes"}`;
  context.out(
    `${colours.green("rota is up:")} ${nodes} at ${cluster.connection.url}, state and logs in ${plan.stateDir}\n`,
  );
  if (missing > 0) context.err(`${missing} of the agents have not registered; see their logs.\n`);
  context.out(`${howToUse(plan.stateDir)}\n`);
}

function howToUse(stateDir: string): string {
  const folder = commandFolder();
  const settings = [
    ...(folder === undefined ? [] : [`PATH=${folder}:$PATH`]),
    ...(stateDir === defaultStatePath() ? [] : [`ROTA_STATE_DIR=${stateDir}`]),
  ];
  const setup = settings.length > 0 ? `export ${settings.join(" ")}; ` : "";
  return `use it: ${setup}sbatch --wrap 'hostname; sleep 10'; squeue    (Ctrl-C here ends it; jobs go on)`;
}

function deathLine({ name, how, waitMs, logPath }: Death): string {
  const next = waitMs === undefined ? "it ended too often and is given up" : `started again in ${waitMs} ms`;
  return `rota: ${name} ended (${how}); ${next}; its log: ${logPath}\n`;
}
