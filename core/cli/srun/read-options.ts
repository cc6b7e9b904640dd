/** Reads srun's options: variables first, then the command line, which goes before them. Pure. */
import { done, type Failure, type Outcome, plainFailure, refuseUnsupported } from "../failure.ts";
import { type GivenOption, scanOptions } from "../getopt.ts";
import type { OptionSource } from "../sbatch/draft.ts";
import { settleMemory } from "../sbatch/read-options.ts";
import { emptySrunDraft, type SrunDraft, type SrunOption } from "./draft.ts";

export interface SrunInput {
  readonly command: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nowS: number;
  readonly user: string;
  readonly options: readonly SrunOption[];
}

export interface SrunRequest {
  readonly draft: SrunDraft;
  /** The program and its arguments. */
  readonly words: readonly string[];
  readonly given: readonly GivenOption[];
}

const USAGE_STATUS = 255;

export const readSrunOptions = (input: SrunInput, args: readonly string[]): Outcome<SrunRequest> => {
  const scan = scanOptions(input.command, args, input.options, true);
  if (!scan.ok) return plainFailure(scan.text, USAGE_STATUS);
  const draft = emptySrunDraft();
  const said = optionsOfEnvironment(input);
  const bad = take(draft, said, input, "environment") ?? take(draft, scan.options, input, "command line");
  if (bad !== undefined) return bad;
  return settleMemory(input.command, draft) ?? done({ draft, words: scan.rest, given: scan.options });
};

const take = (
  draft: SrunDraft,
  given: readonly GivenOption[],
  input: SrunInput,
  source: OptionSource,
): Failure | undefined => {
  const unsupported = refuseUnsupported(input.command, given);
  if (unsupported !== undefined) return unsupported;
  for (const { spec, value } of given) {
    const bad = (spec as SrunOption).read?.(value ?? "", draft, { ...input, source });
    if (bad !== undefined) return bad;
    if (source === "command line") draft.typed.add(spec.key);
    draft.shown.set(spec.key, value ?? "set");
  }
  return undefined;
};

/** A variable of an option that is refused is passed over: jobs have some that other programs set. */
const optionsOfEnvironment = ({ env, options }: SrunInput): GivenOption[] => {
  const given: GivenOption[] = [];
  for (const spec of options) {
    if (spec.refused === true) continue;
    for (const name of spec.env ?? []) {
      const value = env[name];
      if (value === undefined || (value === "" && spec.arg !== "none")) continue;
      if (spec.arg === "none" && value === "0") continue;
      given.push({ spec, value: spec.arg === "none" ? undefined : value });
    }
  }
  return given;
};
