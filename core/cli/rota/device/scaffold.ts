/**
 * The files of a new hardware plugin: a module over a made-up tool, recordings of hosts with it, and what they should give.
 * Text only; whoever asks for it writes it to disk.
 */

export const DEVICE_PLUGIN_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const MAX_DEVICE_PLUGIN_NAME = 40;

/** Path in the plugin's folder → text. The name has been checked against DEVICE_PLUGIN_NAME. */
export function deviceFiles(name: string): Readonly<Record<string, string>> {
  const variable = `${name.toUpperCase().replaceAll("-", "_")}_VISIBLE_DEVICES`;
  const files: Record<string, string> = {
    "plugin.mjs": pluginText(name, variable),
    "package.json": `${JSON.stringify(packageOf(name), null, 2)}\n`,
    "README.md": readme(name),
    [`fake/${name}-smi`]: FAKE_TOOL,
  };
  for (const [host, devices] of Object.entries(HOSTS)) {
    files[`recordings/${host}/host.json`] = `${JSON.stringify(hostOf(name, variable, devices), null, 2)}\n`;
    files[`recordings/${host}/list.csv`] = listText(devices);
    files[`recordings/${host}/usage.csv`] = usageText(devices);
  }
  return files;
}

/** Files that are programs. */
export const isDeviceProgram = (path: string): boolean => path.startsWith("fake/");

/** Stands for the vendor's tool on machines without the hardware. */
const FAKE_TOOL = `#!/bin/sh
# Prints what was recorded on a host: rota device probe, with this folder first in PATH.
exec cat "$(dirname "$0")/../recordings/\${FAKE_HOST:-two}/$1.csv"
`;

interface Made {
  readonly index: number;
  readonly uuid: string;
  readonly pci: string;
  readonly parent: string;
  readonly profile: string;
}

const whole = (index: number): Made => ({
  index,
  uuid: `DEV-${String(index).padStart(4, "0")}`,
  pci: `0000:${(0x10 + index).toString(16)}:00.0`,
  parent: "",
  profile: "",
});
const part = (index: number, of: number): Made => ({
  ...whole(of),
  index,
  uuid: `PART-${String(index).padStart(4, "0")}`,
  parent: whole(of).uuid,
  profile: "half",
});

const HOSTS: Readonly<Record<string, readonly Made[]>> = {
  one: [whole(0)],
  two: [whole(0), whole(1)],
  sixteen: Array.from({ length: 16 }, (_, index) => whole(index)),
  parted: [whole(0), part(1, 1), part(2, 1)],
};

const packageOf = (name: string): object => ({
  name: `rota-plugin-${name}`,
  version: "0.1.0",
  description: `${name} devices for Rota`,
  type: "module",
  exports: "./plugin.mjs",
  files: ["plugin.mjs"],
  scripts: { test: "rota device check ." },
});

const listText = (devices: readonly Made[]): string =>
  `${[
    "index,uuid,pci,model,memory_mib,parent,profile",
    ...devices.map((at) => `${at.index},${at.uuid},${at.pci},Anvil 9000,16384,${at.parent},${at.profile}`),
    "end",
  ].join("\n")}\n`;

const usageText = (devices: readonly Made[]): string =>
  `${["index,busy,memory_mib,watts,celsius", ...devices.map((at) => `${at.index},50 %,512 MiB,75.5 W,40 C`), "end"].join("\n")}\n`;

const hostOf = (name: string, variable: string, devices: readonly Made[]): object => ({
  tools: [
    { tool: `${name}-smi`, args: ["list"], output: "list.csv" },
    { tool: `${name}-smi`, args: ["usage"], output: "usage.csv" },
  ],
  expect: {
    devices: devices.map(({ index, uuid, pci, parent, profile }) => ({
      vendor: name,
      vendorIndex: index,
      uuid,
      pci,
      ...(parent === "" ? {} : { partition: { of: parent, profile } }),
    })),
    bind: [
      { grant: [], environment: { [variable]: "" }, files: [] },
      { grant: [devices.length - 1], environment: { [variable]: devices.at(-1)!.uuid } },
    ],
    samples: [
      { vendorIndex: 0, busyPercent: 50, memoryUsedMib: 512, powerMilliwatts: 75_500, temperatureC: 40 },
    ],
  },
});

const pluginText = (name: string, variable: string): string => `/**
 * ${name} devices, by ${name}-smi. A made-up tool: take your vendor's, its columns and its variable instead, and record its
 * output below recordings/.
 */
const TOOL = "${name}-smi";
const VARIABLE = "${variable}";

export const hardwarePlugin = (host) => ({
  contract: 2,
  name: "${name}",
  describe: () => ({ aliases: [], gres: "gpu", pciVendors: [], variables: [VARIABLE] }),

  /** Empty without the tool; a ToolFailure when it says nothing of use. */
  async discover() {
    const output = await host.run(TOOL, ["list"]);
    if (!output.ok && output.fault === "missing") return [];
    return table(host, output, ["index", "uuid", "pci"]).map((row) => ({
      name: "gpu",
      type: "anvil",
      vendor: "${name}",
      model: row.get("model") ?? "",
      uuid: row.get("uuid"),
      pci: host.sdk.pciAddress(row.get("pci")),
      numaNode: -1,
      memoryMib: host.sdk.leadingNumber(row.get("memory_mib")) ?? 0,
      vendorIndex: Number(row.get("index")),
      files: [\`/dev/${name}\${row.get("index")}\`],
      ...(row.get("parent") ? { partition: { of: row.get("parent"), profile: row.get("profile") ?? "" } } : {}),
    }));
  },

  /** Pure: the same for the same devices. An empty value hides them all. */
  bind(granted) {
    const devices = granted.map(({ device }) => device).sort((a, b) => a.vendorIndex - b.vendorIndex);
    return {
      environment: { [VARIABLE]: devices.map((device) => device.uuid).join(",") },
      files: devices.flatMap((device) => device.files),
      mounts: [],
    };
  },

  watch: (devices, options) =>
    host.sdk.sampleWatch(
      devices,
      async () =>
        table(host, await host.run(TOOL, ["usage"]), ["index", "busy"]).map((row) => {
          const number = (name) => host.sdk.leadingNumber(row.get(name)) ?? 0;
          return {
            vendorIndex: number("index"),
            busyPercent: Math.round(number("busy")),
            memoryUsedMib: Math.round(number("memory_mib")),
            powerMilliwatts: Math.round(number("watts") * 1000),
            temperatureC: Math.round(number("celsius")),
          };
        }),
      options,
    ),
});

/** Rows of what the tool printed; it must have run well, have these columns and have come to its end. */
const table = (host, output, columns) => {
  const { ToolFailure, csvRows } = host.sdk;
  if (!output.ok) throw new ToolFailure(TOOL, output.fault, output.message);
  const rows = csvRows(output.stdout);
  const isWhole = /\\nend\\n$/.test(output.stdout);
  if (!isWhole || rows.some((row) => columns.some((name) => !row.has(name))))
    throw new ToolFailure(TOOL, "unreadable", \`no table with \${columns.join(", ")}\`);
  return rows;
};
`;

const readme = (name: string): string => `# ${name}

A hardware plugin for Rota. \`plugin.mjs\` is all of it; it imports nothing, as what it needs comes with \`host\`.

    rota device check .
    PATH=$PWD/fake:$PATH rota device probe .

Each folder of \`recordings/\` is a host: \`host.json\` says what each run of a tool printed and what the plugin should make
of it (\`expect\`), and \`root/\`, where there is one, is a tree of the kernel's files. Record real ones, and write down where
they come from. \`fake/\` has the made-up tool; take it out when you have a real one.

    npm install rota-plugin-${name}
    rota agent --plugin rota-plugin-${name}
`;
