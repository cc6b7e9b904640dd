/** Which TCP port a controller without a configured one gets. */
import { createServer } from "node:net";

/** `wanted` when nobody listens on it, else 0: any free one. */
export function freePort(host: string, wanted: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(0));
    probe.listen({ host, port: wanted, exclusive: true }, () => probe.close(() => resolve(wanted)));
  });
}
