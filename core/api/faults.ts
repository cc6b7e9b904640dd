/**
 * Every answer that is not a success: refusals of the controller, faults of a request and faults of ours become
 * `{code, message, details?}` with the status of the table of errors. Never lets the text of an unexpected error out.
 */
import type { FastifyReply } from "fastify";
import { ERRORS, type ErrorCode, RotaError } from "../model/errors.ts";
import type { Refusal, Result } from "../model/refusal.ts";
import type { ErrorAnswer } from "./schemas/cluster-schemas.ts";

/** What the API logs with; pino's loggers are ones. */
export interface ApiLogger {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** A request that is not as /openapi.json describes; thrown inside fastify, answered as BAD_REQUEST. */
export class RequestFault extends Error {
  readonly details: Readonly<Record<string, string | number>>;

  constructor(message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = "RequestFault";
    this.details = details;
  }
}

/** Answers with a refusal. */
export const sendRefusal = (reply: FastifyReply, refusal: Refusal): FastifyReply =>
  reply.code(statusOf(refusal.code)).type("application/json; charset=utf-8").send(answerOf(refusal));

/** Answers with a result: its value with `status`, no body for 204, or its refusal. */
export const sendResult = (reply: FastifyReply, result: Result<unknown>, status: number): FastifyReply => {
  if (!result.ok) return sendRefusal(reply, result.refusal);
  return status === 204 ? reply.code(204).send() : reply.code(status).send(result.value);
};

/** HTTP status of a code; 500 for a code that the table does not have. */
export const statusOf = (code: ErrorCode): number => ERRORS[code]?.status ?? 500;

/** The refusal to answer with for anything thrown while a request was dealt with. What is our fault is logged. */
export const refusalOf = (error: unknown, logger: ApiLogger | undefined): Refusal => {
  if (error instanceof RequestFault)
    return { code: "BAD_REQUEST", message: error.message, details: error.details };
  if (RotaError.is(error)) {
    if (statusOf(error.code) >= 500) logger?.error({ err: error }, "a request failed");
    return { code: error.code, message: error.message, details: error.details };
  }
  const known = error instanceof Error ? ofFastify(error) : undefined;
  if (known !== undefined) return known;
  logger?.error({ err: error }, "a request failed unexpectedly");
  return {
    code: "INTERNAL",
    message: "The controller failed in dealing with this request; its log has the details.",
  };
};

const ofFastify = (
  error: Error & { readonly code?: string; readonly statusCode?: number },
): Refusal | undefined => {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return { code: "TOO_LARGE", message: "body: is larger than this request may be" };
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return { code: "BAD_REQUEST", message: "header/content-type: is not accepted; give application/json" };
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500 ? { code: "BAD_REQUEST", message: error.message } : undefined;
};

const answerOf = (refusal: Refusal): ErrorAnswer => {
  const { code, message, details } = refusal;
  return details === undefined || Object.keys(details).length === 0
    ? { code, message }
    : { code, message, details: { ...details } };
};
