/** `name=value` and `partition:name=value` as they are typed: values of parameters for the cluster and for partitions. Pure. */
import type { PartitionParameters, PolicyParameters } from "../../../model/policy.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";

export interface Settings {
  readonly parameters: PolicyParameters;
  readonly partitions: PartitionParameters;
}

const SETTING = /^(?:([^:=]+):)?([A-Za-z]\w*)=(.*)$/s;

/** The known parameters say whether a value is a text; one of a name that there is not is left to who knows the names. */
export function readSettings(
  settings: readonly string[],
  known: readonly { readonly name: string; readonly type: string }[],
): Result<Settings> {
  const parameters: Record<string, number | string> = {};
  const partitions: Record<string, Record<string, number | string>> = {};
  for (const setting of settings) {
    const [, partition, name = "", text = ""] = SETTING.exec(setting) ?? [];
    const isText = known.find((parameter) => parameter.name === name)?.type === "string";
    const value = isText ? text : text === "true" ? 1 : text === "false" ? 0 : Number(text);
    const isValue = typeof value === "string" || (text.trim() !== "" && Number.isFinite(value));
    if (name === "" || !isValue)
      return refuse(
        "POLICY_PARAMETER",
        `${JSON.stringify(setting)} is no setting; write name=number, or partition:name=number for a partition alone`,
      );
    if (partition === undefined) parameters[name] = value;
    else partitions[partition] = { ...partitions[partition], [name]: value };
  }
  return ok({ parameters, partitions });
}
