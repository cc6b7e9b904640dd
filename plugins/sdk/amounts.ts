/** Reads the numbers that vendors' tools print, with units and without. Pure; what is no number is undefined, never 0. */

/** The number that a text begins with, `226 W`, `36 C`, `0 %`, `1,024`; undefined for `N/A`, `-` and the like. */
export const leadingNumber = (text: string | undefined): number | undefined => {
  const digits = /^\s*(-?\d{1,15}(?:\.\d{1,9})?)(?![\d.])/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** As a whole number; undefined stays so. */
export const whole = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value);

/** Whole percent, 0 .. 100; undefined for what is none. */
export const percent = (value: number | undefined): number | undefined =>
  value === undefined || value < 0 || value > 100 ? undefined : Math.round(value);

/** Watts as milliwatts. */
export const milliwatts = (watts: number | undefined): number | undefined =>
  watts === undefined || watts < 0 ? undefined : Math.round(watts * 1000);

/** MiB of a device that a table can hold: whole, 0 for what is none. */
export const deviceMib = (mib: number | undefined): number =>
  mib === undefined || !(mib > 0) ? 0 : Math.min(Math.floor(mib), 2_147_483_647);

/** The record without the fields that nobody knows. */
export const known = <T extends object>(record: { [Key in keyof T]: T[Key] | undefined }): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;

/** JSON that a tool printed, or undefined; some print warnings before it. */
export const toolJson = (text: string): unknown => {
  const start = text.search(/^\s*[[{]/m);
  if (start === -1) return undefined;
  try {
    return JSON.parse(text.slice(start)) as unknown;
  } catch {
    return undefined;
  }
};

/** A plain object of JSON, or undefined. */
export const jsonObject = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;

/** The field of a JSON object as text: strings and numbers as they are, all else "". */
export const jsonText = (object: Readonly<Record<string, unknown>>, name: string): string => {
  const value = object[name];
  return typeof value === "string" || typeof value === "number" ? `${value}` : "";
};
