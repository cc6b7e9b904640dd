/** Runs `rota simulate` in this process, as a plain terminal would have it. */
import { PLAIN_TERMINAL } from "../../core/cli/rota/terminal.ts";
import { runSimulate } from "../../core/simulate/main.ts";

export type Flags = Parameters<typeof runSimulate>[2];

export async function simulate(paths: readonly string[], flags: Flags = {}) {
  let out = "";
  let err = "";
  const code = await runSimulate(
    {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      terminal: PLAIN_TERMINAL,
      isErrorTerminal: false,
      command: "rota simulate",
    },
    paths,
    flags,
  );
  return { code, out, err };
}
