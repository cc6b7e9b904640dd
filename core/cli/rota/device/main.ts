/** The workshop for hardware plugins: what `rota device` does, loaded when it is called. */
export { checkDevice } from "./check.ts";
export { newDevice } from "./new.ts";
export { probeDevices } from "./probe.ts";
export { deviceRepl } from "./repl.ts";
