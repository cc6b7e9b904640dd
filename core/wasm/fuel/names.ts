/** What the injection of fuel and the host of the module agree on. */

/** Export of the global, i32, mutable: what is left; below 0 after a trap for want of fuel. The host sets it before each call. */
export const FUEL_EXPORT = "rota.fuel";
/** Export of what was the start function, which the host calls as any other, with fuel. Absent where there was none. */
export const START_EXPORT = "rota.start";
