import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pciAddress } from "../../../plugins/sdk/pci.ts";
import { type FakeHost, fakeHost } from "../hardware/fake-host.ts";

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});
afterEach(() => host.remove());

describe("a vendor's tool", () => {
  it("gets its arguments as they are, through no shell", async () => {
    host.tool("vendor-smi", 'printf "%s|" "$@"');
    expect(await host.run()("vendor-smi", ["a b", "$(id)", "*"])).toEqual({
      ok: true,
      stdout: "a b|$(id)|*|",
    });
  });

  it("is told apart when it is missing, no program, or gone between two runs", async () => {
    const run = host.run();
    expect(await run("vendor-smi", [])).toMatchObject({ ok: false, fault: "missing" });
    host.write("bin/vendor-smi", "not executable");
    expect(await run("vendor-smi", [])).toMatchObject({ ok: false, fault: "missing" });
    host.tool("vendor-smi", "echo here");
    expect(await run("vendor-smi", [])).toMatchObject({ ok: true });
    rmSync(host.path("bin/vendor-smi"));
    expect(await run("vendor-smi", [])).toMatchObject({ ok: false, fault: "missing" });
  });

  it("is ended when it is slow, also when a child of it holds its output open", async () => {
    host.tool("vendor-smi", "sleep 10 & exec sleep 10");
    expect(await host.run({ timeoutMs: 100 })("vendor-smi", [])).toMatchObject({ ok: false, fault: "slow" });
  });

  it("tells the first of its own words when it fails", async () => {
    host.tool("vendor-smi", "echo no driver >&2; exit 9");
    expect(await host.run()("vendor-smi", [])).toEqual({
      ok: false,
      fault: "failed",
      message: "ended with 9: no driver",
    });
  });

  it("does not see what hides devices from the agent's own jobs", async () => {
    host.tool("vendor-smi", "env");
    const before = process.env.CUDA_VISIBLE_DEVICES;
    process.env.CUDA_VISIBLE_DEVICES = "7";
    const output = await host.run()("vendor-smi", []);
    if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
    else process.env.CUDA_VISIBLE_DEVICES = before;
    expect(output.ok && output.stdout).not.toContain("VISIBLE_DEVICES");
  });
});

describe("a PCI address", () => {
  it("is written as sysfs writes it", () => {
    expect(pciAddress("00000000:3B:00.0")).toBe("0000:3b:00.0");
    expect(pciAddress("00010000:3B:00.0")).toBe("10000:3b:00.0");
    expect(pciAddress("3b:00.0")).toBe("0000:3b:00.0");
    expect(pciAddress("[N/A]")).toBe("");
  });
});
