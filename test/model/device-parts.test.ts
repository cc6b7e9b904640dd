import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addUse,
  countOn,
  type DevicePart,
  fitOn,
  type LaneUse,
  type PartDemand,
  type PartedDevice,
  partOf,
  pickParts,
  printPart,
  thousandthsOf,
  unusedLane,
} from "../../core/model/device-parts.ts";
import { PROFILE_TABLES, type ProfileTable } from "../../core/model/profile-tables.ts";

const gpu = (parts?: PartedDevice["parts"]): PartedDevice => ({
  name: "gpu",
  type: "tesla",
  ...(parts === undefined ? {} : { parts }),
});
const shares = (kind: string, units: number): PartDemand => ({ kind, type: "", units, count: 1 });
const profile = (kind: string, count = 1): PartDemand => ({ kind, type: "", units: 1, count });

function useOf(device: PartedDevice, parts: readonly (DevicePart | undefined)[]): LaneUse {
  const use = unusedLane();
  for (const part of parts) addUse(use, device, part);
  return use;
}

/** Cheaper than an expectation, of which there would be a million. */
function demand(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

/** The vendor's rule said anew: sets of slices, one by one. */
class Slices {
  readonly taken = new Set<number>();
  readonly profiles: string[] = [];
  readonly table: ProfileTable;

  constructor(table: ProfileTable) {
    this.table = table;
  }

  mayStart(name: string, start: number): boolean {
    const one = this.table.profiles.find((some) => some.name === name)!;
    if (!one.starts.includes(start)) return false;
    if (this.table.isOneMode && this.profiles.some((other) => other !== name)) return false;
    if (name.endsWith("+me") && this.profiles.some((other) => other.endsWith("+me"))) return false;
    return this.#slices(name, start).every((slice) => !this.taken.has(slice) && slice < this.table.slices);
  }

  put(name: string, start: number): void {
    demand(this.mayStart(name, start), `${name} at ${start}`);
    for (const slice of this.#slices(name, start)) this.taken.add(slice);
    this.profiles.push(name);
  }

  #slices(name: string, start: number): number[] {
    const { size } = this.table.profiles.find((some) => some.name === name)!;
    return Array.from({ length: size }, (_, i) => start + i);
  }
}

describe("a profile on one device", () => {
  test.each(PROFILE_TABLES.map((table) => [table.name, table] as const))(
    "fits beside every set of others exactly where the vendor's table of %s has a start for it",
    (name, table) => {
      const device = gpu({ profiles: name });
      let states = 0;
      // Every set of instances that can be reached, each once: instances in ascending order of start.
      const visit = (parts: readonly DevicePart[], from: number): void => {
        states++;
        const slices = new Slices(table);
        for (const { kind, start } of parts) slices.put(kind, start!);
        const use = useOf(device, parts);
        for (const { name: kind, starts } of table.profiles) {
          const fit = fitOn(device, profile(kind), use);
          const isPossible = starts.some((start) => slices.mayStart(kind, start));
          demand((fit !== undefined) === isPossible, `${kind} beside ${JSON.stringify(parts)}`);
          if (fit !== undefined) demand(slices.mayStart(kind, fit.start!), `${kind} at ${fit.start}`);
          // Of one profile as many fit as can be placed at all, whatever the order.
          const alike = starts.filter((start) => slices.mayStart(kind, start)).length;
          const most = kind.endsWith("+me") ? Math.min(1, alike) : alike;
          demand(countOn(device, profile(kind, 99), use) === most, `${most} of ${kind}`);
          for (const start of starts)
            if (start >= from && slices.mayStart(kind, start))
              visit([...parts, { kind, units: 1, start }], start + 1);
        }
      };
      visit([], 0);
      expect(states).toBeGreaterThan(10);
    },
  );

  test("goes where most others still fit", () => {
    const device = gpu({ profiles: "a100-80gb" });
    // At the end, where no large one begins.
    expect(fitOn(device, profile("1g.10gb"), unusedLane())?.start).toBe(6);
    const picked = pickParts([device, device], profile("1g.10gb", 8), () => unusedLane())!;
    expect(picked.filter(({ lane }) => lane === 0)).toHaveLength(7);
    expect(fitOn(device, profile("3g.40gb"), unusedLane())?.start).toBe(4);
  });

  test("counts as its slices", () => {
    const device = gpu({ profiles: "h100-80gb" });
    expect(thousandthsOf(device, { kind: "3g.40gb", units: 1, start: 4 })).toBe(500);
    expect(thousandthsOf(device, { kind: "7g.80gb", units: 1, start: 0 })).toBe(1000);
  });
});

describe("shares of a device", () => {
  const device = gpu({ shard: 4, mps: 100 });

  test("fit up to what it has, and go with their like only", () => {
    const use = useOf(device, [{ kind: "shard", units: 3 }]);
    expect(fitOn(device, shares("shard", 1), use)).toBeDefined();
    expect(fitOn(device, shares("shard", 2), use)).toBeUndefined();
    expect(fitOn(device, shares("mps", 1), use)).toBeUndefined();
    expect(fitOn(device, shares("gpu", 1), use)).toBeUndefined();
    expect(fitOn(device, shares("shard", 1), useOf(device, [undefined]))).toBeUndefined();
  });

  test("never come to more than the device", () => {
    const amounts = fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 50 });
    const kinds = fc.constantFrom("shard", "mps", "gpu");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), kinds, amounts, (capacity, kind, asked) => {
        const one = gpu({ shard: capacity, mps: capacity });
        const use = unusedLane();
        let thousandths = 0;
        for (const units of asked) {
          const fit = fitOn(one, shares(kind, units), use);
          if (fit === undefined) continue;
          const part = partOf(shares(kind, units), fit);
          addUse(use, one, part);
          thousandths += thousandthsOf(one, part);
        }
        expect(use.units).toBeLessThanOrEqual(kind === "gpu" ? 1000 : capacity);
        expect(thousandths).toBeLessThanOrEqual(1000);
      }),
    );
  });

  test("fill the fullest device first and leave whole ones whole", () => {
    const uses = [unusedLane(), useOf(device, [{ kind: "shard", units: 1 }])];
    uses.push(useOf(device, [{ kind: "shard", units: 2 }]));
    const devices = [device, device, device];
    const laneOf = (units: number): number | undefined =>
      pickParts(devices, shares("shard", units), (lane) => ({ ...uses[lane]! }))?.[0]?.lane;
    expect(laneOf(1)).toBe(2);
    expect(laneOf(3)).toBe(1);
    expect(laneOf(4)).toBe(0);
    expect(laneOf(5)).toBeUndefined();
  });

  test("are of the type that is asked", () => {
    expect(fitOn(device, { ...shares("shard", 1), type: "volta" }, unusedLane())).toBeUndefined();
    expect(fitOn(device, { ...shares("shard", 1), type: "tesla" }, unusedLane())).toBeDefined();
  });
});

test("parts are printed as they are asked", () => {
  expect(printPart(shares("shard", 2))).toBe("shard:2");
  expect(printPart({ ...shares("gpu", 500), type: "tesla" })).toBe("gpu:tesla:0.5");
  expect(printPart(profile("1g.10gb", 2))).toBe("gpu:1g.10gb:2");
});
