/** Requests over a fixed number of kept-alive connections: what a client program of many threads does. */
import { Agent, request } from "node:http";

export interface LoadOptions {
  readonly url: string;
  readonly path: string;
  readonly token: string;
  readonly inFlight: number;
  readonly count: number;
  readonly body: (i: number) => unknown;
}

/** Posts `count` bodies; gives the parsed answers. Rejects on any status but 201 and 200. */
export async function postAll<T>(options: LoadOptions): Promise<readonly T[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.inFlight });
  const answers: T[] = new Array<T>(options.count);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < options.count; i = next++) answers[i] = await post<T>(agent, options, i);
  };
  await Promise.all(Array.from({ length: options.inFlight }, worker));
  agent.destroy();
  return answers;
}

function post<T>(agent: Agent, options: LoadOptions, i: number): Promise<T> {
  const text = JSON.stringify(options.body(i));
  return new Promise((done, fail) => {
    const call = request(
      `${options.url}${options.path}`,
      {
        method: "POST",
        agent,
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
          authorization: `Bearer ${options.token}`,
          "x-rota-user": "bench",
          "x-rota-uid": String(process.getuid?.() ?? 0),
        },
      },
      (answer) => {
        let said = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          said += chunk;
        });
        answer.on("end", () => {
          if (answer.statusCode === 201 || answer.statusCode === 200) done(JSON.parse(said) as T);
          else fail(new Error(`${answer.statusCode} ${said}`));
        });
      },
    );
    call.on("error", fail);
    call.end(text);
  });
}
