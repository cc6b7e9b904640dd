/** `rota agent`: runs one agent in the foreground until SIGINT or SIGTERM. Jobs go on without it. */
import { type AgentOptions, startAgent } from "./agent.ts";

/** Resolves with the exit code, 0, after a signal to stop; rejects when the agent cannot start. */
export const runAgent = async (options: AgentOptions): Promise<number> => {
  const agent = await startAgent(options);
  await new Promise<void>((stop) => {
    process.once("SIGINT", () => stop());
    process.once("SIGTERM", () => stop());
  });
  await agent.close();
  return 0;
};
