/** What the planner's kernel exports: the calls of assembly/planes.ts as the host makes them. Types only. */
export interface KernelExports {
  configure(...pointers: number[]): void;
  fill(...pointers: number[]): void;
  endOf(slot: number, length: number): number;
  setSpan(seconds: number): void;
  endSlotOf(endS: number, nowS: number, overdueS: number): number;
  feasibleAt(descriptor: number, slot: number, length: number): number;
  countAt(descriptor: number, slot: number, enough: number): number;
  requiredFit(descriptor: number, slot: number, length: number): number;
  requiredCountAt(descriptor: number, slot: number): number;
  search(descriptor: number, length: number, fromSlot: number, fromNode: number, until: number): number;
  foundSlot(): number;
  foundNode(): number;
  pickCount(): number;
  setPickCount(count: number): void;
  take(descriptor: number, slot: number, length: number): void;
  give(descriptor: number, slot: number, length: number): void;
  shiftCpus(list: number, count: number, from: number, to: number, amount: number): void;
  sealMask(mask: number, nodes: number): void;
  changed(slot: number, node: number): void;
  unevenTotalsFit(descriptor: number): number;
  unevenNow(descriptor: number, length: number): number;
  unevenAtMost(descriptor: number): number;
  capacityAt(descriptor: number, slot: number, length: number, node: number): number;
  pickFullest(descriptor: number): void;
  share(descriptor: number, slot: number, length: number, count: number): void;
}
