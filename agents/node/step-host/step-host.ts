/** The program of a step host: `step-host FOLDER`. Started by an agent at its first step, in a session of its own. */
import { StepHost } from "./host-server.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("step-host needs its folder");
// Ctrl-C at a terminal that an agent was started from is not for steps.
process.on("SIGINT", () => undefined);
process.on("SIGHUP", () => undefined);
await new StepHost(folder, () => process.exit(0)).open();
