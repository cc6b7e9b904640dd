/** What the injection of fuel and the host of the module agree on. */

/** Export of the global, i32, mutable: what is left; below 0 after a trap for want of fuel. The host sets it before each call. */
export const FUEL_EXPORT = "rota.fuel";
/** What a start function may use. */
export const START_FUEL = 1_000_000;
