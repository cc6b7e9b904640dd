/** An expected "no": a value with a code of the error table, a sentence and numbers. Never thrown. */
import type { ErrorCode } from "./errors.ts";

export interface Refusal {
  readonly code: ErrorCode;
  /** One line that tells the reader what to do. */
  readonly message: string;
  /** Numbers and names behind the message, for `--json`. */
  readonly details?: Readonly<Record<string, string | number>>;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const refuse = (
  code: ErrorCode,
  message: string,
  details?: Readonly<Record<string, string | number>>,
): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal: details === undefined ? { code, message } : { code, message, details },
});
