import { expect, it } from "vitest";
import { printExplanation } from "../../../core/cli/rota/explanation-text.ts";
import { PLAIN_TERMINAL } from "../../../core/cli/rota/terminal.ts";
import { explainView, NOW_S } from "./views.ts";

it("says which reservation keeps a job, and what would start it now, a line each", () => {
  const text = printExplanation(
    explainView({
      tried: {
        keptByJob: 7,
        keptByStartS: NOW_S + 3600,
        changes: [
          { change: "time limit", to: "3600" },
          { change: "nodes", to: "1" },
          { change: "partition", to: "long" },
          { change: "features", to: "" },
          { change: "gres", to: "gpu:2" },
        ],
        isWhole: false,
      },
    }),
    NOW_S,
    PLAIN_TERMINAL,
  );
  expect(text).toMatch(/\nKept from starting by +the reservation of job 7, for .*, in 1:00:00\n/);
  expect(text).toContain(
    [
      "It would start now",
      "  with a time limit of 1:00:00",
      "  on 1 node",
      "  in partition long",
      "  without its features",
      "  with devices of any type, gpu:2",
      "The queue ahead is too long to try everything.",
      "",
    ].join("\n"),
  );
});

it("gives the limit that holds a job back, with its numbers", () => {
  const text = printExplanation(
    explainView({
      reason: "AssocGrpCpuLimit",
      limit: { name: "AssocGrpCpuLimit", value: 512, used: 500, asked: 64 },
    }),
    NOW_S,
    PLAIN_TERMINAL,
  );
  expect(text).toMatch(/\nHeld back by a limit +AssocGrpCpuLimit: 512, of which 500 in use; it asks 64\n/);
});

it("an explanation has a line for each thing that a job asks of its nodes together", () => {
  const text = printExplanation(
    explainView({
      rules: [
        { rule: "constraint", of: "a", asked: 2, most: 1, isKeeping: true },
        { rule: "contiguous", of: "", asked: 2, most: 2, isKeeping: false },
      ],
      tried: {
        keptByJob: 0,
        keptByStartS: 0,
        changes: [
          { change: "contiguous", to: "" },
          { change: "switches", to: "" },
        ],
        isWhole: true,
      },
    }),
    NOW_S,
    PLAIN_TERMINAL,
  );
  expect(text).toContain(
    "NODES TOGETHER  ASKED  FREE  KEEPS IT\n--constraint a      2     1  yes\n--contiguous        2     2  no\n",
  );
  expect(text).toContain("  on nodes that need not follow each other\n  on any number of leaf switches\n");
});
