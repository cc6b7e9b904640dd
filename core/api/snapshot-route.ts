/** The route that gives the whole state away, for simulations: a line of JSON with how the controller decides, then bytes. */
import { Readable } from "node:stream";
import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { StateSnapshot } from "../model/state-snapshot.ts";
import type { ControllerPort } from "./port.ts";
import { answers } from "./schemas/answers.ts";
import { noQuerySchema } from "./schemas/query-schemas.ts";

/** Bytes that are handed to the socket in one go; the next follow when it has taken them. */
const SLICE_BYTES = 256 * 1024;

/** Adds /v1/snapshot. */
export const addSnapshotRoute = (app: FastifyInstance, port: ControllerPort): void => {
  app.get(
    "/v1/snapshot",
    {
      schema: {
        tags: ["cluster"],
        operationId: "getSnapshot",
        summary: "The whole state: a line of JSON, then a snapshot of this version of Rota; for rota whatif",
        querystring: noQuerySchema,
        response: answers(200, Type.String({ format: "binary" }), "application/octet-stream"),
      },
    },
    async (_request, reply) =>
      reply
        .type("application/octet-stream")
        .send(Readable.from(slicesOf(await port.snapshot()), { objectMode: false })),
  );
};

function* slicesOf({ facts, bytes }: StateSnapshot): Generator<Buffer> {
  yield Buffer.from(`${JSON.stringify(facts)}\n`);
  for (let from = 0; from < bytes.length; from += SLICE_BYTES)
    yield Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(SLICE_BYTES, bytes.length - from));
}
