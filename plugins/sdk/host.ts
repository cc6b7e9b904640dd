/**
 * What a hardware plugin is given of its host: the vendor's tools and the kernel's files. A plugin that asks nothing else
 * runs the same over a recorded host. Opened once for each plugin.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { leadingNumber, toolJson } from "./amounts.ts";
import { pciAddress } from "./pci.ts";
import { boxRows, csvRows, isWholeBox } from "./table.ts";
import { type RunTool, ToolFailure, toolRunner } from "./tool.ts";
import { pollWatch, sampleWatch } from "./watch.ts";

/** Functions of this SDK for plugins that are packages of their own, and import nothing of Rota. */
export interface HardwareSdk {
  /** What `discover` rejects with: `new ToolFailure(tool, fault, message)`. */
  readonly ToolFailure: typeof ToolFailure;
  readonly pollWatch: typeof pollWatch;
  readonly sampleWatch: typeof sampleWatch;
  readonly csvRows: typeof csvRows;
  readonly boxRows: typeof boxRows;
  readonly isWholeBox: typeof isWholeBox;
  readonly toolJson: typeof toolJson;
  readonly leadingNumber: typeof leadingNumber;
  readonly pciAddress: typeof pciAddress;
}

export const hardwareSdk: HardwareSdk = {
  ToolFailure,
  pollWatch,
  sampleWatch,
  csvRows,
  boxRows,
  isWholeBox,
  toolJson,
  leadingNumber,
  pciAddress,
};

export interface HardwareHost {
  /** Runs a vendor's tool. */
  readonly run: RunTool;
  /** Where a file of the host is, `/sys/bus/pci/devices`, by its absolute path. */
  path(absolute: string): string;
  readonly sdk: HardwareSdk;
}

/** This machine. */
export const thisHost = (): HardwareHost => ({
  run: toolRunner(),
  path: (absolute) => absolute,
  sdk: hardwareSdk,
});

/** Characters that are read of a file. */
export const MAX_HOST_FILE = 1_048_576;
/** Names that are read of a directory. */
export const MAX_HOST_NAMES = 65_536;

/** Text of a host's file without the blanks around it; "" for one that cannot be read. */
export const hostText = async (host: HardwareHost, absolute: string): Promise<string> =>
  (await readFile(host.path(absolute), "utf8").catch(() => "")).slice(0, MAX_HOST_FILE).trim();

/** Whole number in a host's file, decimal or with 0x; undefined for none. */
export const hostNumber = async (host: HardwareHost, absolute: string): Promise<number | undefined> => {
  const text = await hostText(host, absolute);
  return /^(-?\d{1,15}|0x[0-9a-f]{1,12})$/i.test(text) ? Number(text) : undefined;
};

/** Names in a host's directory, sorted as numbers where they are some; none for one that cannot be read. */
export const hostNames = async (host: HardwareHost, absolute: string): Promise<readonly string[]> => {
  const names = await readdir(host.path(absolute)).catch((): string[] => []);
  return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).slice(0, MAX_HOST_NAMES);
};

/** Last part of what a host's link points at; "" for no link. */
export const hostLink = async (host: HardwareHost, absolute: string): Promise<string> =>
  basename(await readlink(host.path(absolute)).catch(() => ""));

/** A file below a host's directory. */
export const below = (directory: string, ...names: readonly string[]): string => join(directory, ...names);
