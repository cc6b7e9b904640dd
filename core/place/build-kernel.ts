/**
 * Compiles the planner's kernel to dist/kernel/planes.wasm. Runs in the build and before tests; skips the work when the
 * source, the compiler and the options are those of the file that is there. Never runs in the controller.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main as compile, version } from "assemblyscript/asc";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = "core/place/assembly";
const ENTRY = `${FOLDER}/planes.ts`;
/** Of what the host compiles for itself: SIMD, no runtime, a memory that it gives. */
export const HOST_OPTIONS = [
  "-O3",
  "--converge",
  "--enable",
  "simd",
  "--runtime",
  "stub",
  "--noAssert",
  "--importMemory",
];
/** The size asked for at compile time must be one that every host memory has; the host sets the real one. */
const MEMORY = ["--initialMemory", "1", "--maximumMemory", "4096"];

export interface KernelBuild {
  readonly path: string;
  /** False when the file there was made from the same inputs. */
  readonly rebuilt: boolean;
}

/** Builds the kernel if it is stale. Throws with the compiler's messages when it does not compile. */
export async function buildKernel(): Promise<KernelBuild> {
  const path = join(ROOT, "dist/kernel/planes.wasm");
  const stampPath = `${path}.hash`;
  const sources = await readSources();
  const stamp = createHash("sha256")
    .update(JSON.stringify([version, HOST_OPTIONS, MEMORY, [...sources]]))
    .digest("hex");
  const [oldStamp, oldBytes] = await Promise.all([readOrNothing(stampPath), readOrNothing(path)]);
  if (oldBytes !== undefined && oldStamp?.toString() === stamp) return { path, rebuilt: false };

  const bytes = await compileSources(sources);
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, bytes);
  await writeWhole(stampPath, stamp);
  return { path, rebuilt: true };
}

/** By the names that the compiler asks for, in a fixed order. */
async function readSources(): Promise<Map<string, string>> {
  const names = (await readdir(join(ROOT, FOLDER))).filter((name) => name.endsWith(".ts")).sort();
  const paths = names.map((name) => `${FOLDER}/${name}`);
  const texts = await Promise.all(paths.map((path) => readFile(join(ROOT, path), "utf8")));
  return new Map(paths.map((path, i) => [path, texts[i]!]));
}

async function compileSources(sources: ReadonlyMap<string, string>): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  const result = await compile([ENTRY, "-o", "planes.wasm", ...HOST_OPTIONS, ...MEMORY], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (name, contents) => {
      if (name === "planes.wasm" && typeof contents !== "string") bytes = contents;
    },
    listFiles: () => [],
  });
  if (result.error !== null || bytes === undefined) {
    throw new Error(`${ENTRY} does not compile:\n${result.stderr.toString()}`);
  }
  return bytes;
}

/** Under another name first, since tests in other processes may be reading the old file. */
async function writeWhole(path: string, contents: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}

async function readOrNothing(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { path, rebuilt } = await buildKernel();
  process.stdout.write(`${path} ${rebuilt ? "built" : "is up to date"}\n`);
}
