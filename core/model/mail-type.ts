/** The events of `--mail-type`. Pure; sends nothing. */
import { type Parsed, parsed, tooLong, unparsed } from "./parse-result.ts";

export const MAIL_TYPES = [
  "BEGIN",
  "END",
  "FAIL",
  "REQUEUE",
  "INVALID_DEPEND",
  "STAGE_OUT",
  "TIME_LIMIT",
  "TIME_LIMIT_90",
  "TIME_LIMIT_80",
  "TIME_LIMIT_50",
  "ARRAY_TASKS",
  "ALL",
] as const;
export type MailType = (typeof MAIL_TYPES)[number];

/** What ALL stands for. */
export const MAIL_TYPES_OF_ALL: readonly MailType[] = [
  "BEGIN",
  "END",
  "FAIL",
  "REQUEUE",
  "INVALID_DEPEND",
  "STAGE_OUT",
];
export const MAIL_TYPE_FORMS = `NONE or a list of ${MAIL_TYPES.join(", ")}`;

/** The names in capitals, in the order given, each once; NONE is the empty list. */
export const parseMailType = (text: string): Parsed<MailType[]> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const types = new Set<MailType>();
  if (text.length === 4 && text.toUpperCase() === "NONE") return parsed([]);
  for (let at = 0; at <= text.length; ) {
    const comma = text.indexOf(",", at);
    const end = comma < 0 ? text.length : comma;
    const word = text.slice(at, end).toUpperCase();
    const type = MAIL_TYPES.find((known) => known === word);
    if (type === undefined) {
      const problem =
        word === ""
          ? "a mail type is missing"
          : word === "NONE"
            ? "NONE does not go with others"
            : "a mail type is unknown";
      return unparsed("INVALID_SPEC", problem, at, MAIL_TYPE_FORMS);
    }
    types.add(type);
    at = end + 1;
  }
  return parsed([...types]);
};

/** `BEGIN,END`; `NONE` for none. */
export const printMailType = (types: readonly string[]): string =>
  types.length === 0 ? "NONE" : types.join(",");
