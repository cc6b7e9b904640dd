import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RotaError } from "../../../core/model/errors.ts";
import { generateWorkload, openWorkload } from "../../../core/simulate/generate/generate-workload.ts";
import { checkGenerateOptions, type GenerateOptions } from "../../../core/simulate/generate/options.ts";
import { CSV_HEADER, workloadText } from "../../../core/simulate/generate/workload-text.ts";

const BATCH: GenerateOptions = {
  model: "batch",
  jobs: 4000,
  load: 0.9,
  nodes: 32,
  cpusPerNode: 16,
  gpusPerNode: 0,
  seed: 1,
};
const GPU: GenerateOptions = { ...BATCH, model: "gpu", nodes: 100, cpusPerNode: 128, gpusPerNode: 8 };

const textOf = (options: GenerateOptions, format: "csv" | "swf" = "csv"): string => {
  const source = openWorkload(options);
  if (!source.ok) throw new Error(source.refusal.message);
  const text = workloadText(source.value, format);
  if (!text.ok) throw new Error(text.refusal.message);
  return [...text.value].join("");
};

const anyOptions = fc
  .record({
    model: fc.constantFrom("batch" as const, "gpu" as const),
    jobs: fc.integer({ min: 2, max: 400 }),
    load: fc.double({ min: 0.05, max: 3, noNaN: true }),
    nodes: fc.integer({ min: 1, max: 70 }),
    cpusPerNode: fc.integer({ min: 1, max: 40 }),
    gpus: fc.integer({ min: 1, max: 16 }),
    seed: fc.integer({ min: 0, max: 4_294_967_295 }),
  })
  .map(({ gpus, ...rest }): GenerateOptions => ({ ...rest, gpusPerNode: rest.model === "gpu" ? gpus : 0 }));

describe("a generated workload", () => {
  it("has jobs that fit the cluster, in the order of their submission, and end within their limits", () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const { jobs } = generateWorkload(options);
        expect(jobs).toHaveLength(options.jobs);
        let before = 0;
        for (const job of jobs) {
          expect(job.submitS).toBeGreaterThanOrEqual(before);
          before = job.submitS;
          expect(job.nodes >= 1 && job.nodes <= options.nodes).toBe(true);
          expect(job.cpus >= 1 && job.cpus <= options.cpusPerNode).toBe(true);
          expect(job.gpusPerNode >= 0 && job.gpusPerNode <= options.gpusPerNode).toBe(true);
          expect(job.runS >= 1 && job.runS <= job.timeLimitS).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("meets the load that was asked for within 2 %, as far as whole seconds allow", () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const { jobs } = generateWorkload(options);
        const isGpu = options.model === "gpu";
        const work = jobs.reduce(
          (sum, job) => sum + job.nodes * (isGpu ? job.gpusPerNode : job.cpus) * job.runS,
          0,
        );
        const capacity = options.nodes * (isGpu ? options.gpusPerNode : options.cpusPerNode);
        const spanS = jobs[jobs.length - 1]!.submitS - jobs[0]!.submitS;
        const exactS = work / capacity / options.load;
        expect(Math.abs(spanS - exactS)).toBeLessThanOrEqual(Math.max(1, 0.02 * exactS));
      }),
      { numRuns: 60 },
    );
  });

  it("is the same bytes for the same seed, on every machine, and others for another", () => {
    const sum = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
    expect(sum(textOf(BATCH))).toBe("55aa3d20e080e69e");
    expect(sum(textOf(GPU))).toBe("35cdb57e9c58f6bc");
    expect(textOf({ ...BATCH, seed: 2 })).not.toBe(textOf(BATCH));
  });

  it("gives the same jobs however often it is read", () => {
    const source = openWorkload(GPU);
    if (!source.ok) throw new Error(source.refusal.message);
    expect([...source.value.jobs()]).toEqual([...source.value.jobs()]);
    expect([...source.value.jobs()]).toEqual(generateWorkload(GPU).jobs);
  });

  it("is refused in words that name the option", () => {
    const message = (options: GenerateOptions) => {
      const checked = checkGenerateOptions(options);
      return checked.ok ? "" : checked.refusal.message;
    };
    expect(message({ ...BATCH, jobs: 0 })).toMatch(/^--jobs is 0; give a whole number from 1 to 10000000$/);
    expect(message({ ...BATCH, load: 0 })).toMatch(/^--load is 0; give a number from 0\.01 to 100/);
    expect(message({ ...BATCH, load: Number.NaN })).toMatch(/^--load is NaN/);
    expect(message({ ...BATCH, gpusPerNode: 8 })).toMatch(/^--gpus-per-node: .*--model gpu$/);
    expect(message({ ...GPU, gpusPerNode: 17 })).toMatch(/from 1 to 16$/);
    expect(message({ ...GPU, seed: -1 })).toMatch(/^--seed is -1/);
    expect(() => generateWorkload({ ...BATCH, nodes: 0 })).toThrow(RotaError);
  });

  it("is refused when it would last longer than times can say", () => {
    const source = openWorkload({ ...BATCH, jobs: 20_000, load: 0.01, nodes: 1, cpusPerNode: 1 });
    expect(!source.ok && source.refusal.message).toMatch(
      /ask for fewer jobs, a larger cluster or a higher load/,
    );
  });
});

describe("the batch model", () => {
  const { jobs } = generateWorkload({ ...BATCH, jobs: 20_000, nodes: 8, cpusPerNode: 16 });
  const sizeOf = (job: (typeof jobs)[number]) => job.nodes * job.cpus;
  const share = (test: (job: (typeof jobs)[number]) => boolean) => jobs.filter(test).length / jobs.length;

  it("has the paper's share of serial jobs, and prefers powers of two", () => {
    // 0.2927 draws are serial, and no other size is below 2.
    expect(share((job) => sizeOf(job) === 1)).toBeCloseTo(0.2927, 1);
    expect(share((job) => Number.isInteger(Math.log2(sizeOf(job))))).toBeGreaterThan(0.75);
  });

  it("has long jobs more often among large ones", () => {
    const meanLog = (some: typeof jobs) =>
      some.reduce((sum, { runS }) => sum + Math.log(runS), 0) / some.length;
    const small = jobs.filter((job) => sizeOf(job) <= 4);
    const large = jobs.filter((job) => sizeOf(job) >= 64);
    expect(meanLog(large)).toBeGreaterThan(meanLog(small) + 0.5);
  });

  it("has arrivals by day more than by night", () => {
    const hour = (job: (typeof jobs)[number]) => Math.floor(job.submitS / 3600) % 24;
    const day = share((job) => hour(job) >= 9 && hour(job) < 18);
    const night = share((job) => hour(job) < 9);
    expect(day).toBeGreaterThan(2 * night);
  });
});

describe("the gpu model", () => {
  const { jobs } = generateWorkload({ ...GPU, jobs: 20_000 });
  const share = (test: (job: (typeof jobs)[number]) => boolean) => jobs.filter(test).length / jobs.length;

  it("is mostly one-GPU jobs, with whole nodes and gangs of 2 to 64 whole nodes", () => {
    expect(share((job) => job.nodes === 1 && job.gpusPerNode === 1)).toBeGreaterThan(0.5);
    expect(share((job) => job.nodes === 1 && job.gpusPerNode === 8)).toBeGreaterThan(0.04);
    const gangs = jobs.filter((job) => job.nodes > 1);
    expect(gangs.every((job) => job.gpusPerNode === 8 && job.cpus === 128)).toBe(true);
    expect([...new Set(gangs.map((job) => job.nodes))].sort((a, b) => a - b)).toEqual([2, 4, 8, 16, 32, 64]);
  });

  it("has limits of a few round values, well above most run times", () => {
    expect(new Set(jobs.map((job) => job.timeLimitS)).size).toBeLessThanOrEqual(10);
    expect(share((job) => job.timeLimitS > 1.5 * job.runS)).toBeGreaterThan(0.6);
  });
});

describe("the text of a workload", () => {
  it("is CSV with a line a job", () => {
    const lines = textOf({ ...GPU, jobs: 5000 }).split("\n");
    expect(lines[0]).toBe(CSV_HEADER);
    expect(lines).toHaveLength(5000 + 2);
    expect(lines[5000]).toMatch(/^5000,\d+,\d+,\d+,\d+,\d+,\d+$/);
  });

  it("is SWF with 18 fields a job and the machine in the header", () => {
    const lines = textOf(BATCH, "swf").trimEnd().split("\n");
    expect(lines).toContain("; MaxProcs: 512");
    expect(lines).toContain("; MaxNodes: 32");
    const fields = lines.filter((line) => !line.startsWith(";")).map((line) => line.split(" "));
    expect(fields).toHaveLength(4000);
    expect(fields.every((field) => field.length === 18)).toBe(true);
    const job = generateWorkload(BATCH).jobs[7]!;
    expect(fields[7]!.slice(0, 9).map(Number)).toEqual([
      job.id,
      job.submitS,
      -1,
      job.runS,
      job.nodes * job.cpus,
      -1,
      -1,
      job.nodes * job.cpus,
      job.timeLimitS,
    ]);
  });

  it("is refused as SWF where jobs ask for GPUs", () => {
    const source = openWorkload(GPU);
    const text = source.ok ? workloadText(source.value, "swf") : source;
    expect(text.ok).toBe(false);
  });
});
