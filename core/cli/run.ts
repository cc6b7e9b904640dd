/**
 * Which command a process is, by the name that it was started under (`sbatch`, a link to the one program) or by its
 * first word (`rota sbatch`). Loads that command's code only: shells call these in loops, and a start that reads
 * what another command needs is felt.
 */
import { basename } from "node:path";
import { type Command, processInvocation } from "./invocation.ts";

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  sbatch: async () => (await import("./sbatch/sbatch.ts")).sbatch,
  squeue: async () => (await import("./squeue/squeue.ts")).squeue,
  sinfo: async () => (await import("./sinfo/sinfo.ts")).sinfo,
  scancel: async () => (await import("./scancel/scancel.ts")).scancel,
  scontrol: async () => (await import("./scontrol/scontrol.ts")).scontrol,
  sprio: async () => (await import("./sprio/sprio.ts")).sprio,
  sshare: async () => (await import("./sshare/sshare.ts")).sshare,
  salloc: async () => (await import("./salloc/salloc.ts")).salloc,
  srun: async () => (await import("./srun/srun.ts")).srun,
  sacctmgr: async () => (await import("./sacctmgr/sacctmgr.ts")).sacctmgr,
};

/** Runs the command and answers its exit status. `program` is the path of the program's file, as it was called. */
export const runProgram = async (program: string, words: readonly string[]): Promise<number> => {
  const own = basename(program).replace(/\.[cm]?[jt]s$/, "");
  const [first, ...rest] = words;
  const name = Object.hasOwn(COMMANDS, own) ? own : first;
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) return (await import("./rota/index.ts")).runRota(words);
  const command = await load();
  return command(processInvocation(name!, name === own ? words : rest));
};
