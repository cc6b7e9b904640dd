import { describe, expect, test } from "vitest";
import { four, refused, request } from "./asking.ts";

describe("devices", () => {
  const gpu = four.dimensionOf("gpu", "")!;
  const tesla = four.dimensionOf("gpu", "tesla")!;
  const gpus = (count: number) => [{ dimension: gpu, count }];

  test("of a type are listed once, under the type, beside those of any type", () => {
    expect(request({ gres: "gpu:tesla:2" }).gres).toEqual([{ dimension: tesla, count: 2 }]);
    expect(request({ gpusPerNode: "tesla:1" }).gres).toEqual([{ dimension: tesla, count: 1 }]);
    expect(request({ gres: "gpu:tesla:1,gpu:1" }).gres).toEqual([
      { dimension: gpu, count: 1 },
      { dimension: tesla, count: 1 },
    ]);
    expect(refused({ gres: "gpu:tesla:2,gpu:1" }).details).toMatchObject({ gres: "gpu", asked: 3, most: 2 });
  });

  test("of the whole job are spread evenly over the fewest nodes that have them", () => {
    expect(request({ gpus: "2" })).toMatchObject({ minNodes: 1, tasks: 1, gres: gpus(2) });
    expect(request({ gpus: "4" })).toMatchObject({ minNodes: 2, tasks: 2, gres: gpus(2) });
    expect(request({ gpus: "4", minNodes: 4, maxNodes: 4 })).toMatchObject({ minNodes: 4, gres: gpus(1) });
    expect(request({ gpus: "2", ntasks: 8 })).toMatchObject({ minNodes: 2, tasksPerNode: 4, gres: gpus(1) });
  });

  const gpusOfTasks = (count: number) => [{ dimension: gpu, count, perTask: true }];

  test("of the whole job that even shares would put on more nodes lie anywhere, a task for each", () => {
    const three = { minNodes: 2, tasks: 3, tasksPerNode: 2, uneven: true, gres: gpusOfTasks(2) };
    expect(request({ gpus: "3" })).toMatchObject({ ...three, maxNodes: 3 });
    expect(request({ gpus: "3", minNodes: 2, maxNodes: 2 })).toMatchObject({ ...three, maxNodes: 2 });
    expect(request({ gpus: "7", cpusPerGpu: 2 })).toMatchObject({ minNodes: 4, tasks: 7, cpusPerTask: 2 });
    expect(request({ gpus: "21" })).toMatchObject({ minNodes: 11, maxNodes: 21, uneven: true });
    expect(request({ gpus: "tesla:3" }).gres).toEqual([{ dimension: tesla, count: 2, perTask: true }]);
  });

  test("of the whole job that come out even over its tasks lie where they do", () => {
    expect(request({ gpus: "4", ntasks: 4 })).toMatchObject({
      minNodes: 2,
      maxNodes: 4,
      gres: gpusOfTasks(2),
    });
    expect(request({ gpus: "4", ntasks: 4, cpusPerGpu: 2 })).toMatchObject({ cpusPerTask: 2, cpus: 4 });
  });

  test("that cannot be spread are refused", () => {
    expect(refused({ gpus: "7", cpusPerTask: 2 }).code).toBe("NODE_CONFIG_UNAVAILABLE");
    expect(refused({ gpus: "9", minNodes: 4, maxNodes: 4 }).details).toMatchObject({ asked: 9, most: 8 });
    expect(refused({ gpus: "4", ntasks: 1 }).code).toBe("NODE_CONFIG_UNAVAILABLE");
    expect(refused({ gpus: "20", ntasks: 1 }).details).toMatchObject({ asked: 10, most: 1 });
  });

  test("beyond the partition's make the job wait", () => {
    expect(request({ gpus: "20" })).toMatchObject({ minNodes: 10, gres: gpus(2) });
  });

  test("of each task come with the tasks of the node", () => {
    expect(request({ gpusPerTask: "1", ntasks: 4 })).toMatchObject({
      minNodes: 2,
      maxNodes: 4,
      tasksPerNode: 2,
      gres: gpusOfTasks(2),
    });
    expect(request({ gpusPerTask: "1", gpus: "4" })).toMatchObject({ tasks: 4, minNodes: 2, uneven: true });
    expect(request({ gpusPerTask: "1", gpusPerNode: "2" })).toMatchObject({
      minNodes: 1,
      tasks: 2,
      gres: gpus(2),
    });
    expect(request({ gpus: "4", gpusPerNode: "2" })).toMatchObject({
      minNodes: 2,
      maxNodes: 2,
      gres: gpus(2),
    });
  });

  test("counted in ways that contradict each other are refused", () => {
    expect(refused({ gpus: "3", gpusPerNode: "2" }).code).toBe("INVALID_GRES");
    expect(refused({ gpus: "4", gpusPerTask: "2", ntasks: 3 }).code).toBe("INVALID_GRES");
    expect(refused({ gres: "gpu:1", gpusPerNode: "1" }).code).toBe("INVALID_GRES");
    expect(refused({ gpus: "tesla:4", gpusPerNode: "2" }).code).toBe("INVALID_GRES");
    expect(refused({ gpus: "4", gpusPerNode: "2", ntasks: 1 }).code).toBe("INVALID_NODE_COUNT");
  });

  test("bring CPUs with --cpus-per-gpu", () => {
    expect(request({ cpusPerGpu: 2, gpusPerNode: "2" })).toMatchObject({ tasks: 1, cpusPerTask: 4, cpus: 4 });
    expect(request({ cpusPerGpu: 2, gpusPerTask: "1", ntasks: 2 })).toMatchObject({
      uneven: true,
      cpusPerTask: 2,
      cpus: 4,
      minNodes: 1,
    });
    expect(request({ cpusPerGpu: 1, gres: "gpu:2", ntasks: 2 })).toMatchObject({
      cpusPerTask: 1,
      cpus: 2,
      minNodes: 1,
    });
    expect(refused({ cpusPerGpu: 3, gres: "gpu:2" }).code).toBe("NODE_CONFIG_UNAVAILABLE");
    expect(refused({ cpusPerGpu: 3 }).code).toBe("INVALID_SPEC");
    expect(refused({ cpusPerGpu: 1, cpusPerTask: 1, gres: "gpu" }).code).toBe("INVALID_SPEC");
  });
});
