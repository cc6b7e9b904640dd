/**
 * Whether a policy module has written scores that are no numbers. Looks in the module's own memory, with a few lines of
 * WebAssembly that are not the module's: in a pass that places gangs each of them has all nodes scored, and asking each
 * number from outside took longer than the module.
 */

/** assembly/wild.ts as the compiler gives it; a test compiles it again. */
export const WILD_WASM =
  "AGFzbQEAAAABBwFgAn9/AX8CDwEDZW52Bm1lbW9yeQIAAAMCAQAHFAIHYW55V2lsZAAABm1lbW9yeQIACtoBAdcBAgJ7An8gACAB" +
  "QQJ0aiEFIAAgAUEDdkEFdGohAQNAIAAgAUkEQCACIAD9AAQA/QwAAIB/AACAfwAAgH8AAIB//U79DAAAgAAAAIAAAACAAAAAgAD9" +
  "rgH9UCECIAMgAP0ABBD9DAAAgH8AAIB/AACAfwAAgH/9Tv0MAACAAAAAgAAAAIAAAACAAP2uAf1QIQMgAEEgaiEADAELCwNAIAAg" +
  "BUkEQCAEIAAoAgBBgICA/AdxQYCAgARqciEEIABBBGohAAwBCwtBASAEQQBIIAIgA/1Q/aQBGws=";

type AnyWild = (from: number, count: number) => number;

let compiled: WebAssembly.Module | undefined;

/** Of one memory: whether any of `count` 32-bit floats from byte `from` on is NaN or infinite. */
export function wildScores(memory: WebAssembly.Memory): AnyWild {
  compiled ??= new WebAssembly.Module(Buffer.from(WILD_WASM, "base64"));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports["anyWild"] as AnyWild;
}
