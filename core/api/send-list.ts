/**
 * Sends long lists. They go out in pieces between which the loop does other work: 50,000 jobs are some 70 MB of text,
 * which in one go would hold up the controller for half a second.
 */
import { Readable } from "node:stream";
import { setImmediate as breath } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import { LIST_CHUNK } from "./limits.ts";

/** An object with the list under `name`, behind the fields of `head`; `next` is added where more follow. */
export const sendList = (
  reply: FastifyReply,
  name: string,
  list: readonly unknown[],
  next?: number,
  head: object = {},
): FastifyReply => {
  const tail = next === undefined ? {} : { next };
  if (list.length <= LIST_CHUNK) return reply.send({ ...head, [name]: list, ...tail });
  return reply
    .type("application/json; charset=utf-8")
    .send(Readable.from(pieces({ ...head, ...tail }, name, list)));
};

async function* pieces(head: object, name: string, list: readonly unknown[]): AsyncGenerator<string> {
  const first = JSON.stringify(head).slice(0, -1);
  yield `${first}${first === "{" ? "" : ","}"${name}":[`;
  for (let from = 0; from < list.length; from += LIST_CHUNK) {
    const text = JSON.stringify(list.slice(from, from + LIST_CHUNK));
    yield `${from === 0 ? "" : ","}${text.slice(1, -1)}`;
    await breath();
  }
  yield "]}";
}
