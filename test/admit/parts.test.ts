import { describe, expect, test } from "vitest";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { refused as refusedOn, request } from "./asking.ts";
import { clusterOf, device, node, partition } from "./cluster.ts";

const parted = (parts: object) => ({ devices: [0, 1].map((i) => ({ ...device("tesla", "gpu", i), parts })) });
const cluster = admitClusterOf(
  clusterOf(
    [node("n1", parted({ shard: 4, mps: 100 })), node("n2", parted({ profiles: "a100-80gb" })), node("n3")],
    [partition("debug", { isDefault: true })],
  ),
  () => 0,
);
const requested = (over: Parameters<typeof request>[0]) => request(over, cluster);
const refused = (over: Parameters<typeof request>[0]) => refusedOn(over, cluster);

describe("parts of devices", () => {
  test("are shares, fractions or profiles, on each node", () => {
    expect(requested({ gres: "shard:2" }).part).toEqual({ kind: "shard", type: "", units: 2, count: 1 });
    expect(requested({ gres: "mps:tesla:50" }).part).toEqual({
      kind: "mps",
      type: "tesla",
      units: 50,
      count: 1,
    });
    expect(requested({ gres: "gpu:0.5" }).part).toEqual({ kind: "gpu", type: "", units: 500, count: 1 });
    expect(requested({ gpusPerNode: "tesla:0.125" }).part).toMatchObject({ type: "tesla", units: 125 });
    expect(requested({ gres: "gpu:1g.10gb:3" }).part).toEqual({
      kind: "1g.10gb",
      type: "",
      units: 1,
      count: 3,
    });
    expect(requested({ gres: "gpu:3g.40gb:4" }).part?.count).toBe(4);
    expect(requested({ gres: "gpu:1" }).part).toBeUndefined();
    expect(requested({ gres: "shard:1" }).gres).toEqual([]);
  });

  test("are refused where no device has so many, with what there is", () => {
    expect(refused({ gres: "shard:5" })).toMatchObject({
      code: "NODE_CONFIG_UNAVAILABLE",
      details: { asked: 5, most: 4 },
    });
    expect(refused({ gres: "gpu:3g.40gb:5" }).details).toMatchObject({ asked: 5, most: 4 });
    expect(refused({ gres: "gpu:1g.5gb" }).code).toBe("INVALID_GRES");
    expect(refused({ gres: "shard:volta:1" }).code).toBe("INVALID_GRES");
  });

  test("that exist as devices of their own are asked by their profile too, where one model has them", () => {
    const withTypes = (...types: string[]) =>
      admitClusterOf(
        clusterOf(
          types.map((type, i) =>
            node(`n${i}`, { devices: [device(type, "gpu", 0), device(type, "gpu", 1)] }),
          ),
          [partition("debug", { isDefault: true })],
        ),
        () => 0,
      );
    const one = withTypes("a100_1g.10gb", "tesla");
    const { gres, part } = request({ gres: "gpu:1g.10gb:2" }, one);
    expect(part).toBeUndefined();
    expect(gres).toEqual([{ dimension: one.dimensionOf("gpu", "a100_1g.10gb"), count: 2 }]);
    const two = withTypes("a100_1g.10gb", "h100_1g.10gb");
    expect(refusedOn({ gres: "gpu:1g.10gb" }, two).code).toBe("INVALID_GRES");
    expect(request({ gres: "gpu:h100_1g.10gb:1" }, two).gres).toHaveLength(1);
    expect(refusedOn({ gres: "gpu:10gb" }, one).code).toBe("INVALID_GRES");
  });

  test("do not go with whole devices, nor with parts of another kind", () => {
    for (const gres of ["gpu:1,shard:1", "shard:1,mps:1", "gpu:0.5,shard:1", "gpu:1g.10gb,gpu:2g.20gb"])
      expect(refused({ gres }).code).toBe("INVALID_GRES");
    expect(refused({ gres: "shard:1", gpus: "1" }).code).toBe("INVALID_GRES");
  });

  test("are asked for each node, not for the job or a task", () => {
    expect(refused({ gpus: "0.5" }).message).toMatch(/for each node/);
    expect(refused({ gpusPerTask: "0.5" }).code).toBe("INVALID_GRES");
    expect(refused({ tresPerTask: "gres/shard:1" }).code).toBe("INVALID_GRES");
    expect(refused({ gres: "nic:0.5" }).code).toBe("INVALID_GRES");
  });
});
