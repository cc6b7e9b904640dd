// What a module may ask of its host. Strings cost memory that is never freed, so log on faults, not on every call.

// @ts-ignore: decorator
@external("env", "log")
declare function hostLog(message: string): void;
// @ts-ignore: decorator
@external("env", "random")
declare function hostRandom(): f64;

/** Writes a line to the controller's log. The host cuts long lines and drops lines past its bound. */
export function log(message: string): void {
  hostLog(message);
}

/** A number 0 <= x < 1, the same in every replay of the same pass. */
export function random(): f64 {
  return hostRandom();
}
