/** The part of the error table that is of policy modules and their workshop; errors.ts is the table. */
export interface ErrorEntry {
  readonly status: number;
  /** What slurm_strerror says for the same fault; scripts match on it. */
  readonly slurm?: string;
  readonly todo: string;
}

export const POLICY_ERRORS = {
  POLICY_UNREADABLE: { status: 422, todo: "Check the module's path." },
  POLICY_NOT_WASM: { status: 422, todo: "Build the module first: `npm run build:policies`." },
  POLICY_FORBIDDEN_IMPORT: {
    status: 422,
    todo: "A policy may import env.abort, env.log, env.random and env.memory only; remove the named import.",
  },
  POLICY_MISSING_EXPORT: {
    status: 422,
    todo: "Build the module with policies/sdk, which exports what the ABI asks for.",
  },
  POLICY_ABI_VERSION: { status: 422, todo: "Build the module with the SDK of this version of Rota." },
  POLICY_WRONG_KIND: { status: 422, todo: "Name the module under the kind that it was built for." },
  POLICY_MEMORY: {
    status: 422,
    todo: "Keep the module's memory within the limit: it must import its memory and not grow it past the maximum.",
  },
  POLICY_TOO_LARGE: {
    status: 422,
    todo: "Leave out what the policy does not need; the message names the limit.",
  },
  POLICY_MANIFEST: {
    status: 422,
    todo: "The module's manifest section is missing or malformed; build it with policies/sdk.",
  },
  POLICY_PARAMETER: {
    status: 422,
    todo: "Set the parameter to a value in the range that the message names.",
  },
  POLICY_DIGEST: {
    status: 422,
    todo: "The file is another than the one that was pinned; take that one, or write the new digest after looking at it.",
  },
  POLICY_SIGNATURE: {
    status: 422,
    todo: "Sign the module anew with `rota policy sign`; it was changed since.",
  },
  POLICY_UNSIGNED: {
    status: 422,
    todo: "Have one of the keys that the site trusts sign the module with `rota policy sign`.",
  },
  POLICY_KEY: { status: 422, todo: "`rota policy keygen FILE` makes a key that is right." },
  POLICY_TRAP: { status: 500, todo: "The module trapped; run its tests with the same input." },
  POLICY_OVER_BUDGET: {
    status: 500,
    todo: "The module ran longer than its budget; look for an endless loop.",
  },
  POLICY_OUT_OF_FUEL: {
    status: 500,
    todo: "The module used more fuel than its budget; look for an endless loop, or raise call_fuel or pass_fuel.",
  },
  POLICY_NOT_METERED: {
    status: 422,
    todo: "Build the module with policies/sdk; without threads, exceptions, garbage collection and relaxed SIMD.",
  },
  POLICY_BAD_NODE: { status: 500, todo: "The module named a node that is not feasible or does not exist." },
  POLICY_DUPLICATE_NODE: { status: 500, todo: "The module named a node twice." },
  POLICY_TOO_FEW_NODES: { status: 500, todo: "The module gave fewer nodes than it was asked for." },
  POLICY_BAD_DEVICE: { status: 500, todo: "The module chose devices that do not hold the job." },
  POLICY_BAD_SCORE: { status: 500, todo: "The module gave a score that is not a number." },
  POLICY_BAD_CHANGE: {
    status: 500,
    todo: "The admission module set a field to what it cannot be; run its tests with the same submission.",
  },
  POLICY_STRUCK_OUT: {
    status: 500,
    todo: "The module failed three times and is out; the built-in serves until another is loaded.",
  },
  POLICY_FOLDER: { status: 422, todo: "`rota policy new NAME --kind KIND` makes a folder that is right." },
  POLICY_BUILD: { status: 422, todo: "Correct the lines that the message names and build again." },
  POLICY_TESTS: { status: 422, todo: "Correct the cases in the policy's test file." },
  POLICY_NOT_SERVED: {
    status: 409,
    todo: "Let rota.yaml use policies of this kind first, and start the controller again.",
  },
  POLICY_SHADOW_RUNS: {
    status: 409,
    todo: "Wait until its passes are done, or end it with `rota policy shadow --stop`.",
  },
  POLICY_NO_SHADOW: { status: 409, todo: "Begin one with `rota policy shadow NAME --passes N`." },
  POLICY_NO_EARLIER: { status: 409, todo: "Load the policy that shall serve with `rota policy load`." },
} as const satisfies Record<string, ErrorEntry>;
