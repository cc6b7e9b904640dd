/**
 * Before every test file: properties draw the same cases each time, so that a run that fails fails again and is of the
 * change at hand. `ROTA_SEED=$RANDOM npx vitest run` looks for new ones.
 */
import fc from "fast-check";

const asked = process.env["ROTA_SEED"];

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: asked === undefined ? 1 : Number(asked) });
