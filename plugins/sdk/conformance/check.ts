/** What the checks of the conformance suite share: their outcome, and how things are compared. Pure. */
import type { DeviceSpec } from "../../../core/model/node.ts";
import type { FoundDevice, HardwarePlugin } from "../hardware.ts";

/** One check. Without faults it passed; a check that had nothing to try says why. */
export interface CheckResult {
  readonly name: string;
  readonly faults: readonly string[];
  readonly skipped?: string;
}

export const MAX_FAULTS_TOLD = 5;

/** Runs a check, whose faults are what it tells and what it throws. */
export const check = async (
  name: string,
  body: (tell: (fault: string) => void) => Promise<string | undefined> | string | undefined,
): Promise<CheckResult> => {
  const faults: string[] = [];
  let skipped: string | undefined;
  try {
    skipped = await body((fault) => faults.push(fault));
  } catch (error) {
    faults.push(`it threw ${wordsOf(error)}`);
  }
  const told = faults.slice(0, MAX_FAULTS_TOLD);
  return skipped === undefined ? { name, faults: told } : { name, faults: told, skipped };
};

/** Devices as the agent has them. */
export const specsOf = (plugin: HardwarePlugin, found: readonly FoundDevice[]): readonly DeviceSpec[] =>
  found.map(({ nearCpus: _near, links: _links, partition: _part, ...device }) => ({
    ...device,
    plugin: plugin.name,
  }));

/** Whether two values print the same, whatever order their fields have. */
export const alike = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** Fields of `expected` that `given` has otherwise, as a sentence; undefined when all are as expected. */
export const differs = (expected: Readonly<Record<string, unknown>>, given: unknown): string | undefined => {
  const record = given as Readonly<Record<string, unknown>> | undefined;
  const field = Object.keys(expected).find((name) => !alike(expected[name], record?.[name]));
  if (field === undefined) return undefined;
  return `${field} is ${JSON.stringify(record?.[field])}, expected ${JSON.stringify(expected[field])}`;
};

/** How a discovery ended: its devices, a fault of the tool by name, or what else it threw. */
export type Outcome =
  | { readonly kind: "found"; readonly devices: readonly FoundDevice[] }
  | { readonly kind: "fault"; readonly fault: string }
  | { readonly kind: "thrown"; readonly words: string };

export const outcomeOf = async (plugin: HardwarePlugin): Promise<Outcome> => {
  try {
    return { kind: "found", devices: await plugin.discover() };
  } catch (error) {
    const { name, fault } = error as { name?: unknown; fault?: unknown };
    if (name === "ToolFailure" && typeof fault === "string") return { kind: "fault", fault };
    return { kind: "thrown", words: wordsOf(error) };
  }
};

export const wordsOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 200);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
