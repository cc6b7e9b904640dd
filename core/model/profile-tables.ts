/**
 * How vendors let one device be cut into profiles: the size of each in slices of memory, and the slices on which an
 * instance may begin. Data; what fits beside what is device-parts.ts. Compute slices need no count of their own: wherever
 * an instance may begin there are enough of them for it.
 *
 * Sources: NVIDIA, "Multi-Instance GPU User Guide", supported profiles, and what `nvidia-smi mig -lgipp` prints; AMD,
 * "Instinct GPU partitioning", compute partition modes of MI300X.
 */

export interface DeviceProfile {
  /** As it is asked: `1g.10gb`, `cpx`. */
  readonly name: string;
  /** Slices of the device's `slices`. */
  readonly size: number;
  /** Slices on which an instance may begin, ascending. */
  readonly starts: readonly number[];
  /** It has the device's media engines, so one instance of all such profiles is possible. */
  readonly hasMedia?: true;
}

export interface ProfileTable {
  readonly name: string;
  readonly slices: number;
  /** The whole device is in one mode: all its instances are of the same profile. */
  readonly isOneMode: boolean;
  readonly profiles: readonly DeviceProfile[];
}

/** The eight slices of A100 and its successors; `gib` is the memory of 1, 2 and 4 slices, and of all. */
const mig = (
  name: string,
  [one, two, half, all]: readonly [string, string, string, string],
): ProfileTable => ({
  name,
  slices: 8,
  isOneMode: false,
  profiles: [
    { name: `1g.${one}gb`, size: 1, starts: [0, 1, 2, 3, 4, 5, 6] },
    { name: `1g.${one}gb+me`, size: 1, starts: [0, 1, 2, 3, 4, 5, 6], hasMedia: true },
    { name: `1g.${two}gb`, size: 2, starts: [0, 2, 4, 6] },
    { name: `2g.${two}gb`, size: 2, starts: [0, 2, 4] },
    { name: `3g.${half}gb`, size: 4, starts: [0, 4] },
    { name: `4g.${half}gb`, size: 4, starts: [0] },
    { name: `7g.${all}gb`, size: 8, starts: [0] },
  ],
});

export const PROFILE_TABLES: readonly ProfileTable[] = [
  {
    name: "a30",
    slices: 4,
    isOneMode: false,
    profiles: [
      { name: "1g.6gb", size: 1, starts: [0, 1, 2, 3] },
      { name: "1g.6gb+me", size: 1, starts: [0, 1, 2, 3], hasMedia: true },
      { name: "2g.12gb", size: 2, starts: [0, 2] },
      { name: "2g.12gb+me", size: 2, starts: [0, 2], hasMedia: true },
      { name: "4g.24gb", size: 4, starts: [0] },
    ],
  },
  mig("a100-40gb", ["5", "10", "20", "40"]),
  mig("a100-80gb", ["10", "20", "40", "80"]),
  mig("h100-80gb", ["10", "20", "40", "80"]),
  mig("h100-94gb", ["12", "24", "47", "94"]),
  mig("h100-96gb", ["12", "24", "48", "96"]),
  mig("h200-141gb", ["18", "35", "71", "141"]),
  mig("b200-180gb", ["23", "45", "90", "180"]),
  {
    name: "mi300x",
    slices: 8,
    isOneMode: true,
    profiles: [
      { name: "cpx", size: 1, starts: [0, 1, 2, 3, 4, 5, 6, 7] },
      { name: "qpx", size: 2, starts: [0, 2, 4, 6] },
      { name: "dpx", size: 4, starts: [0, 4] },
      { name: "spx", size: 8, starts: [0] },
    ],
  },
];

/** undefined for a name that no table has. */
export const profileTable = (name: string): ProfileTable | undefined => BY_NAME.get(name)?.table;

/** undefined where the table has no such profile. */
export const profileOf = (table: ProfileTable, name: string): DeviceProfile | undefined =>
  BY_NAME.get(table.name)?.profiles.get(name);

/** Whether any table has a profile of the name. */
export const isProfileName = (name: string): boolean =>
  PROFILE_TABLES.some(({ profiles }) => profiles.some((profile) => profile.name === name));

const BY_NAME: ReadonlyMap<
  string,
  { readonly table: ProfileTable; readonly profiles: ReadonlyMap<string, DeviceProfile> }
> = new Map(
  PROFILE_TABLES.map((table) => [
    table.name,
    { table, profiles: new Map(table.profiles.map((profile) => [profile.name, profile])) },
  ]),
);
