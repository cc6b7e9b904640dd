import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { DeviceSet } from "../../../agents/node/devices.ts";
import { findHostDevices } from "../../../agents/node/host-devices.ts";
import { HARDWARE_CONTRACT, type HardwarePlugin } from "../../../plugins/sdk/hardware.ts";
import { agentRoom } from "../agent-room.ts";
import { startOrder } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;

/** A package as npm would have put it below a directory. */
const install = (directory: string, contract: number): void => {
  const write = (name: string, text: string): void => {
    const path = join(folder, directory, "node_modules/@acme/rota-plugin", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  write(
    "package.json",
    JSON.stringify({ name: "@acme/rota-plugin", type: "module", exports: "./plugin.js" }),
  );
  write(
    "plugin.js",
    `export const hardwarePlugin = () => ({
      contract: ${contract}, name: "acme",
      describe: () => ({ aliases: [], gres: "gpu", pciVendors: [0x1234], variables: ["ACME_VISIBLE"] }),
      discover: async () => [0, 1].map((vendorIndex) => ({
        name: "gpu", type: "anvil", vendor: "acme", model: "Anvil", uuid: "ACME-" + vendorIndex, pci: "",
        numaNode: 0, memoryMib: 1024, vendorIndex, files: [], nearCpus: "0-3",
        links: [{ to: 1 - vendorIndex, kind: "pix", width: 1 }],
      })),
      bind: (granted) => ({
        environment: { ACME_VISIBLE: granted.map(({ device }) => device.uuid).join(",") }, files: [], mounts: [],
      }),
    });`,
  );
};
const ANVIL = {
  name: "gpu",
  type: "anvil",
  vendor: "acme",
  model: "Anvil",
  uuid: "",
  pci: "",
  numaNode: -1,
  memoryMib: 1024,
  vendorIndex: 0,
  files: [],
};
const hardware = (name: string, more: Partial<HardwarePlugin>): HardwarePlugin => ({
  contract: HARDWARE_CONTRACT,
  name,
  describe: () => ({ aliases: [], gres: "gpu", pciVendors: [], variables: [] }),
  discover: async () => [ANVIL],
  bind: () => ({ environment: {}, files: [], mounts: [] }),
  ...more,
});
/** Without `gres`, which the room gives by default. */
const withPlugin = (name: string, state: string) => {
  const options = { name, stateDir: join(folder, state), plugins: ["@acme/rota-plugin"] };
  return room.agent({ ...options, ...({ gres: undefined } as object) });
};

describe("an agent with a plugin of a third party", () => {
  it("registers its devices, and a job gets them, and nothing of another vendor from its user's shell", async () => {
    install("one", 2);
    await withPlugin("p1", "one/state");
    const { node } = await controller.hello("p1");
    expect(node.devices.map(({ uuid, plugin }) => `${uuid} ${plugin}`)).toEqual([
      "ACME-0 acme",
      "ACME-1 acme",
    ]);
    controller.order(
      "p1",
      startOrder(
        1,
        folder,
        `echo "$ACME_VISIBLE \${CUDA_VISIBLE_DEVICES-none} \${ROCR_VISIBLE_DEVICES-none}"`,
        {
          devices: [{ lane: 1, thousandths: 1000 }],
          environment: { CUDA_VISIBLE_DEVICES: "0", ROCR_VISIBLE_DEVICES: "0", ACME_VISIBLE: "all" },
        },
      ),
    );
    await controller.ended(1);
    expect(room.read("1.out")).toBe("ACME-1 none none\n");
  });

  it("tells why a job cannot have its devices, and registers without those that are none", async () => {
    const odd = hardware("odd", {
      bind: () => {
        throw new Error("no library");
      },
    });
    const bound = (await DeviceSet.discover([odd])).bind([], { jobId: 1, uid: 1 });
    expect(bound).toMatchObject({ ok: false, refusal: { code: "PLUGIN_REFUSED" } });
    const told: unknown[] = [];
    const wrong = hardware("wrong", { discover: async () => [{ ...ANVIL, memoryMib: 0.5 }] });
    const set = await findHostDevices([wrong], hardware("rest", { discover: async () => [] }), (fields) =>
      told.push(fields),
    );
    expect(set.specs).toEqual([]);
    expect(told).toMatchObject([{ plugin: "wrong", error: expect.stringMatching(/device 0 .*memoryMib/) }]);
  });

  it("does not start without it, or with one of another contract", async () => {
    await expect(withPlugin("p2", "two/state")).rejects.toMatchObject({ code: "PLUGIN_REFUSED" });
    install("two", 1);
    await expect(withPlugin("p2", "two/state")).rejects.toThrow(/made for contract 1, and this Rota has 2/);
    await expect(room.agent({ name: "p3", plugins: ["x"] })).rejects.toThrow(/leave out --gres or --plugin/);
  });
});
