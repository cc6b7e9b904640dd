import { expect, it } from "vitest";
import { positioned } from "../../policies/sdk/messages.ts";

it("the place of a fault is found in what the compiler says in colours, too", () => {
  const said = [
    "\u001b[91mERROR\u001b[0m TS2339: Property 'nothing' does not exist on type 'Node'.",
    "    :",
    " 10 │ return node.nothing;",
    "    │             \u001b[91m~~~~~~~\u001b[0m",
    "    └─ in mine.ts(10,17)",
    "",
    "\u001b[91mFAILURE \u001b[0m1 compile error(s)",
  ];
  expect(positioned(said.join("\n"), "mine/assembly").split("\n")).toEqual([
    "mine/assembly/mine.ts:10:17: error TS2339: Property 'nothing' does not exist on type 'Node'.",
    " 10 │ return node.nothing;",
    "    │             ~~~~~~~",
  ]);
});
