/** An agent as a process of its own, for tests that kill it: takes startAgent's options as JSON. */
import { runAgent } from "../../agents/node/main.ts";

process.exitCode = await runAgent(JSON.parse(process.argv[2]!));
