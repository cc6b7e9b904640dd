/** Strings as small integers, in the order first seen; an integer is never given to another string. */
export class Interned {
  readonly names: string[];
  private readonly index: Map<string, number>;

  constructor(names: readonly string[] = []) {
    this.names = [...names];
    this.index = new Map(names.map((name, i) => [name, i]));
  }

  /** The integer of a name, taking a new one when it has none yet. */
  intern(name: string): number {
    const known = this.index.get(name);
    if (known !== undefined) return known;
    const next = this.names.length;
    this.names.push(name);
    this.index.set(name, next);
    return next;
  }

  /** The integer of a name, or undefined when it was never seen. */
  find(name: string): number | undefined {
    return this.index.get(name);
  }

  nameOf(i: number): string {
    return this.names[i] ?? "";
  }
}
