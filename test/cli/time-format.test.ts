import { describe, expect, it } from "vitest";
import { longDate, strftime, timePrinter } from "../../core/cli/time-format.ts";
import { at } from "./views.ts";

describe("times", () => {
  const epochS = at("19:07:05");

  it("prints Slurm's form unless SLURM_TIME_FORMAT says another", () => {
    expect(timePrinter({})(epochS)).toBe("2026-11-24T19:07:05");
    expect(timePrinter({ SLURM_TIME_FORMAT: "standard" })(epochS)).toBe("2026-11-24T19:07:05");
    expect(timePrinter({ SLURM_TIME_FORMAT: "%s" })(epochS)).toBe(String(epochS));
    expect(timePrinter({ SLURM_TIME_FORMAT: "%a %T" })(epochS)).toBe("Tue 19:07:05");
  });

  it("prints the date above long listings", () => {
    expect(longDate(epochS)).toBe("Tue Nov 24 19:07:05 2026");
  });

  it("knows the conversions of dates and leaves others as they are", () => {
    expect(strftime("%F %D %j %I%p %y %e %B %A %R %% %Q", epochS)).toBe(
      "2026-11-24 11/24/26 328 07PM 26 24 November Tuesday 19:07 % %Q",
    );
  });
});
