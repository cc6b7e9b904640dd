import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { thisHost } from "../../../plugins/sdk/host.ts";
import { loadHardwarePlugin } from "../../../plugins/sdk/load.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rota-plugins-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const source = (contract: unknown, name = "acme") =>
  `export const hardwarePlugin = (host) => ({
    contract: ${JSON.stringify(contract)}, name: ${JSON.stringify(name)},
    describe: () => ({ aliases: [], gres: "gpu", pciVendors: [], variables: [] }),
    discover: async () => [], bind: () => ({ environment: {}, files: [], mounts: [] }),
  });`;
const installed = (name: string, more: object, file: string, text: string): void => {
  write(
    `node_modules/${name}/package.json`,
    JSON.stringify({ name, version: "1.0.0", type: "module", ...more }),
  );
  write(`node_modules/${name}/${file}`, text);
};
const load = (wanted: string, from = folder) => loadHardwarePlugin(wanted, [from], thisHost());
const refusal = async (wanted: string): Promise<string> => {
  const loaded = await load(wanted);
  return loaded.ok ? "loaded" : `${loaded.refusal.code} ${loaded.refusal.message}`;
};

describe("a plugin of a third party", () => {
  it("is an npm package, found in node_modules of the directory or above it", async () => {
    installed(
      "@acme/rota-plugin",
      { exports: { ".": { import: "./lib/plugin.js" } } },
      "lib/plugin.js",
      source(2),
    );
    installed("acme-plugin", { main: "index.js" }, "index.js", source(2));
    mkdirSync(join(folder, "deep/er"), { recursive: true });
    for (const name of ["@acme/rota-plugin", "acme-plugin"]) {
      expect(await load(name)).toMatchObject({ ok: true, value: { name: "acme" } });
      expect((await load(name, join(folder, "deep/er"))).ok).toBe(true);
    }
  });

  it("is a folder or a file by its path", async () => {
    write("acme/plugin.mjs", source(2));
    expect((await load("./acme")).ok).toBe(true);
    expect((await load("./acme/plugin.mjs")).ok).toBe(true);
    expect((await load(join(folder, "acme"))).ok).toBe(true);
  });

  it("is refused with what to do when it is of another contract", async () => {
    write("old/plugin.mjs", source(1));
    write("new/plugin.mjs", source(3));
    write("none/plugin.mjs", source(null));
    expect(await refusal("./old")).toMatch(
      /^PLUGIN_REFUSED .*made for contract 1, and this Rota has 2; install a newer version of the plugin$/,
    );
    expect(await refusal("./new")).toMatch(/contract 3, .*; install a newer Rota, or an older version/);
    expect(await refusal("./none")).toMatch(/names no contract; set contract: 2/);
  });

  it("is refused when it is not there, cannot be loaded or is no plugin", async () => {
    write("broken/plugin.mjs", "export const = ;");
    write("empty/README.md", "");
    write("other/plugin.mjs", "export const something = 1;");
    write("throws/plugin.mjs", 'export const hardwarePlugin = () => { throw new Error("no driver"); };');
    write("named/plugin.mjs", source(2, "Acme Corp"));
    write("bare/plugin.mjs", 'export const hardwarePlugin = () => ({ contract: 2, name: "bare" });');
    write("mute/plugin.mjs", source(2).replace("variables: []", "variables: 'ACME VISIBLE'"));
    expect(await refusal("acme-plugin")).toMatch(/npm install acme-plugin there/);
    expect(await refusal("./gone")).toMatch(/there is no .*gone/);
    expect(await refusal("rm -rf /")).toMatch(/neither a package's name nor a path/);
    expect(await refusal("../../etc")).toMatch(/PLUGIN_REFUSED/);
    expect(await refusal("./broken")).toMatch(/cannot load .*plugin\.mjs/);
    expect(await refusal("./empty")).toMatch(/has no plugin\.mjs/);
    expect(await refusal("./other")).toMatch(/exports no function hardwarePlugin/);
    expect(await refusal("./throws")).toMatch(/failed: no driver/);
    expect(await refusal("./named")).toMatch(/its name is "Acme Corp"/);
    expect(await refusal("./bare")).toMatch(/it has no describe\(\)/);
    expect(await refusal("./mute")).toMatch(/no list of names of environment variables/);
  });
});
