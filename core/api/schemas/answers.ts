/** The `response` part of a route: its one success and the one form of every failure. Data only. */
import { type TSchema, Type } from "@sinclair/typebox";
import { errorAnswerSchema } from "./cluster-schemas.ts";
import { refTo } from "./schema.ts";

/** Nothing to say but "done": status 204. */
export const DONE = Type.Null({ description: "Done; there is no body." });

/** One success with its status, and failures of any kind. `mediaType` where it is not JSON. */
export const answers = (status: number, schema: TSchema, mediaType?: string) => ({
  [status]:
    mediaType === undefined
      ? { description: "Success", ...schema }
      : { description: "Success", content: { [mediaType]: { schema } } },
  "4xx": { description: "Refused; the code says why", ...refTo(errorAnswerSchema) },
  "5xx": { description: "The controller cannot serve this", ...refTo(errorAnswerSchema) },
});
