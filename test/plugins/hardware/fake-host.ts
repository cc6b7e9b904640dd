/** A host of a test: a folder with a sysfs, a driver's procfs, and tools that are small shell scripts. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type HardwareHost, hardwareSdk } from "../../../plugins/sdk/host.ts";
import { type RunTool, toolRunner } from "../../../plugins/sdk/tool.ts";

export interface FakeHost {
  readonly sysfsRoot: string;
  readonly driverRoot: string;
  path(name: string): string;
  write(name: string, text: string): void;
  pci(address: string, files: Readonly<Record<string, string>>): void;
  /** A tool by its shell text. */
  tool(name: string, script: string): void;
  /** Runs this host's tools and no others. */
  run(limits?: { timeoutMs?: number; maxBytes?: number }): RunTool;
  /** As plugins get it. */
  hardware(limits?: { timeoutMs?: number; maxBytes?: number }): HardwareHost;
  remove(): void;
}

export const fakeHost = (): FakeHost => {
  const folder = mkdtempSync(join(tmpdir(), "rota-host-"));
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  };
  const run = (limits = {}): RunTool => toolRunner({ path: `${path("bin")}:/usr/bin:/bin`, ...limits });
  return {
    sysfsRoot: path("sys"),
    driverRoot: path("driver"),
    path,
    write,
    pci: (address, files) => {
      for (const [name, text] of Object.entries(files)) write(`sys/${address}/${name}`, `${text}\n`);
    },
    tool: (name, script) => {
      write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
      chmodSync(path(`bin/${name}`), 0o755);
    },
    run,
    hardware: (limits) => ({ run: run(limits), path, sdk: hardwareSdk }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
