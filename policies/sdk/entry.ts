/**
 * The lines that turn an author's class into a module: an instance of it, the constants and the exports of its kind.
 * They are compiled as the tail of the author's own file, so line numbers stay and the class needs no `export`.
 */
import type { Declaration } from "./declaration.ts";

/** AssemblyScript text to put behind the author's. */
export function entryText(declaration: Declaration): string {
  const { className, kind, parameters, driver } = declaration;
  const numbers = parameters.map(({ name, type }, index) =>
    type === "string" ? "" : `    case ${index}: __policy.${name} = ${cast(type)}; break;\n`,
  );
  return `
import { ABI_MAJOR as __ABI_MAJOR, ABI_MINOR as __ABI_MINOR, KIND_${kind.toUpperCase()} as __KIND } from "rota/generated/abi";
export const abi_major: i32 = __ABI_MAJOR;
export const abi_minor: i32 = __ABI_MINOR;
export const kind: i32 = __KIND;
const __policy = new ${className}();
function __setParameter(index: i32, value: f64): void {
  switch (index) {
${numbers.join("")}    default: unreachable();
  }
}
export { __setParameter as setParameter };
${DRIVERS[driver ?? kind](className, parameters)}`;
}

type Driver = (className: string, parameters: Declaration["parameters"]) => string;

const DRIVERS: Readonly<Record<Declaration["kind"] | "set-topology" | "sharing", Driver>> = {
  priority: (
    className,
  ) => `import { allocate as __allocate, rankJobs as __rankJobs } from "rota/drivers/priority";
function __rank(count: i32): void { __rankJobs<${className}>(__policy, count); }
export { __allocate as allocate, __rank as rank };
`,
  placement: (
    className,
  ) => `import { allocate as __allocate, begin as __begin, placeNodes as __placeNodes, scoreNodes as __scoreNodes } from "rota/drivers/placement";
function __place(count: i32, want: i32): i32 { return __placeNodes<${className}>(__policy, count, want); }
function __score(count: i32): void { __scoreNodes<${className}>(__policy, count); }
export { __allocate as allocate, __begin as begin, __place as place, __score as score };
`,
  topology: (
    className,
  ) => `import { allocate as __allocate, begin as __begin, chooseNodes as __chooseNodes } from "rota/drivers/topology";
function __choose(count: i32, want: i32): i32 { return __chooseNodes<${className}>(__policy, count, want); }
export { __allocate as allocate, __begin as begin, __choose as choose };
`,
  "set-topology": (
    className,
  ) => `import { allocate as __allocate, beginPass as __beginPass, chooseSet as __chooseSet } from "rota/drivers/set-topology";
function __begin(count: i32): void { __beginPass<${className}>(__policy, count); }
function __choose(count: i32, want: i32): i32 { return __chooseSet<${className}>(__policy, count, want); }
export { __allocate as allocate, __begin as begin, __choose as choose };
`,
  sharing: (
    className,
  ) => `import { allocate as __allocate, allocateShare as __allocateShare, allocateTypical as __allocateTypical, begin as __begin, beginSharing as __beginSharing, chooseDevices as __chooseDevices, placeNodes as __placeNodes, scoreNodes as __scoreNodes, scoreShared as __scoreShared, tollOf as __tollOf } from "rota/drivers/sharing";
function __beginNodes(count: i32): void { __begin<${className}>(__policy, count); }
function __beginShared(count: i32, typical: i32, jobs: i32): void { __beginSharing<${className}>(__policy, count, typical, jobs); }
function __place(count: i32, want: i32): i32 { return __placeNodes<${className}>(__policy, count, want); }
function __score(count: i32): void { __scoreNodes<${className}>(__policy, count); }
function __scoreSharing(count: i32): void { __scoreShared<${className}>(__policy, count); }
function __toll(model: i32): f64 { return __tollOf<${className}>(__policy, model); }
function __devices(row: i32): i32 { return __chooseDevices<${className}>(__policy, row); }
export { __allocate as allocate, __beginNodes as begin, __place as place, __score as score };
export { __allocateShare as allocateShare, __allocateTypical as allocateTypical, __beginShared as beginSharing };
export { __scoreSharing as scoreSharing, __toll as toll, __devices as chooseDevices };
`,
  preemption: (
    className,
  ) => `import { allocate as __allocate, weighJobs as __weighJobs } from "rota/drivers/preemption";
function __weigh(count: i32): void { __weighJobs<${className}>(__policy, count); }
export { __allocate as allocate, __weigh as weigh };
`,
  admission: (
    className,
    parameters,
  ) => `import { allocate as __allocate, modifyJob as __modifyJob, submitJob as __submitJob, textOfBlock as __textOfBlock } from "rota/drivers/admission";
function __submit(slots: i32): void { __submitJob<${className}>(__policy); }
function __modify(slots: i32): void { __modifyJob<${className}>(__policy); }
function __setText(index: i32, characters: i32): void {
  switch (index) {
${texts(parameters)}    default: unreachable();
  }
}
export { __allocate as allocate, __setText as setText, __submit as submit, __modify as modify };
`,
};

const texts = (parameters: Declaration["parameters"]): string =>
  parameters
    .map(({ name, type }, index) =>
      type === "string" ? `    case ${index}: __policy.${name} = __textOfBlock(characters); break;\n` : "",
    )
    .join("");

function cast(type: string): string {
  return type === "bool" ? "value != 0" : `<${type}>value`;
}
