/**
 * Errors of SQLite and of the file system as errors of the table, and their way between threads. Pure.
 */
import { type ErrorCode, RotaError } from "../../../core/model/errors.ts";
import type { Fault } from "./calls.ts";

/** Any thrown thing as a fault; one that has no code of the table yet gets STORE_FAILED, or JOURNAL_CORRUPT. */
export const faultOf = (error: unknown, doing: string): Fault => {
  if (RotaError.is(error)) return { code: error.code, message: error.message, details: error.details };
  const message = error instanceof Error ? error.message : String(error);
  const cause = causeOf(error);
  const code: ErrorCode = CORRUPT.test(cause) ? "JOURNAL_CORRUPT" : "STORE_FAILED";
  return { code, message: `${doing}: ${message}${cause === "" ? "" : ` (${cause})`}`, details: { cause } };
};

export const errorOf = (fault: Fault): RotaError => new RotaError(fault.code, fault.message, fault.details);

const CORRUPT = /^SQLITE_(CORRUPT|NOTADB)/;

/** `SQLITE_FULL`, `EACCES`; "" when there is none. */
const causeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
