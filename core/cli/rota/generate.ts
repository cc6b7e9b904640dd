/** `rota generate`: makes a workload from a model and a seed, and writes it to a file or to standard output. */
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import { openWorkload, type WorkloadSource } from "../../simulate/generate/generate-workload.ts";
import { type GenerateOptions, WORKLOAD_MODELS } from "../../simulate/generate/options.ts";
import {
  WORKLOAD_FORMATS,
  type WorkloadFormat,
  workloadText,
} from "../../simulate/generate/workload-text.ts";
import { type CommandContext, EXIT_OK, fail } from "./context.ts";

/** As the command line gives them. */
export interface GenerateCommandOptions {
  readonly model: string;
  readonly jobs: string;
  readonly load: string;
  readonly nodes: string;
  readonly cpusPerNode: string;
  readonly gpusPerNode?: string;
  readonly seed?: string;
  readonly format?: string;
  readonly output?: string;
}

const DEFAULT_SEED = 1;
const DEFAULT_GPUS_PER_NODE = 8;
const DAY_S = 86_400;

/** Resolves with the exit code when all is written. */
export async function runGenerate(context: CommandContext, options: GenerateCommandOptions): Promise<number> {
  const read = readOptions(options);
  if (!read.ok) return fail(context, read.refusal);
  const format = formatOf(options);
  if (!format.ok) return fail(context, format.refusal);
  const source = openWorkload(read.value);
  if (!source.ok) return fail(context, source.refusal);
  const text = workloadText(source.value, format.value);
  if (!text.ok) return fail(context, text.refusal);
  if (options.output === undefined || options.output === "-") {
    for (const piece of text.value) context.out(piece);
    return EXIT_OK;
  }
  const path = resolve(context.cwd, options.output);
  try {
    await writeFile(path, text.value);
  } catch (error) {
    const message = `${options.output} cannot be written: ${(error as Error).message}`;
    return fail(context, refuse("CONFIG_UNREADABLE", message).refusal);
  }
  context.out(`${options.output}: ${summary(source.value)}\n`);
  return EXIT_OK;
}

async function writeFile(path: string, text: Iterable<string>): Promise<void> {
  const pieces = Readable.from(text);
  const file = createWriteStream(path);
  await (path.endsWith(".gz") ? pipeline(pieces, createGzip(), file) : pipeline(pieces, file));
}

const summary = ({ options, load, spanS }: WorkloadSource): string =>
  `${options.jobs} jobs, ${spanS === 0 ? "one submission" : `load ${load.toFixed(3)} over ${(spanS / DAY_S).toFixed(1)} days`}`;

function readOptions(options: GenerateCommandOptions): Result<GenerateOptions> {
  const model = WORKLOAD_MODELS.find((name) => name === options.model);
  if (model === undefined) {
    return refuse(
      "INVALID_SPEC",
      `--model is "${options.model}"; there are ${WORKLOAD_MODELS.join(" and ")}`,
    );
  }
  const gpus = model === "gpu" ? String(DEFAULT_GPUS_PER_NODE) : "0";
  const numbers = {
    jobs: options.jobs,
    load: options.load,
    nodes: options.nodes,
    cpusPerNode: options.cpusPerNode,
    gpusPerNode: options.gpusPerNode ?? gpus,
    seed: options.seed ?? String(DEFAULT_SEED),
  };
  for (const [name, text] of Object.entries(numbers)) {
    if (/^\d{1,12}(\.\d{1,12})?$/.test(text)) continue;
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return refuse("INVALID_SPEC", `--${flag} is "${text}"; give a number`);
  }
  return ok({
    model,
    jobs: Number(numbers.jobs),
    load: Number(numbers.load),
    nodes: Number(numbers.nodes),
    cpusPerNode: Number(numbers.cpusPerNode),
    gpusPerNode: Number(numbers.gpusPerNode),
    seed: Number(numbers.seed),
  });
}

/** As it was named, else by the file's ending. */
function formatOf({ format, output }: GenerateCommandOptions): Result<WorkloadFormat> {
  if (format === undefined) return ok(/\.swf(\.gz)?$/.test(output ?? "") ? "swf" : "csv");
  const found = WORKLOAD_FORMATS.find((name) => name === format);
  if (found !== undefined) return ok(found);
  return refuse("INVALID_SPEC", `--format is "${format}"; there are ${WORKLOAD_FORMATS.join(" and ")}`);
}
