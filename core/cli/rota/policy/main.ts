/** The workshop's program: what `rota policy` does, loaded when it is called, since it brings the compiler's side with it. */
export { buildPolicy } from "./build.ts";
export { listPolicies, showPolicy } from "./list.ts";
export { loadPolicy, rollbackPolicy } from "./load.ts";
export { newPolicy } from "./new.ts";
export { setPolicy } from "./set.ts";
export { shadowPolicy } from "./shadow.ts";
export { makeKey, signPolicy } from "./sign.ts";
export { simulatePolicy } from "./simulate.ts";
export { testPolicy } from "./test.ts";
