import { describe, expect, it } from "vitest";
import { jobEnvironment } from "../../../core/cli/sbatch/job-environment.ts";

const ENV = { FOO_A: "1", FOO_B: "x y", PATH: "/bin", SLURM_FOO: "3", SBATCH_TIMELIMIT: "5" };

describe("--export", () => {
  it.each([undefined, "ALL", "all"])("%s takes everything", (list) => {
    expect(jobEnvironment(list, ENV)).toEqual(ENV);
  });

  it.each(["NONE", "NIL", ""])("%s takes Slurm's variables and asks for those of a login", (list) => {
    expect(jobEnvironment(list, ENV)).toEqual({
      SLURM_FOO: "3",
      SLURM_EXPORT_ENV: list,
      SLURM_GET_USER_ENV: "1",
    });
  });

  it("takes what a list names, and sets what it gives a value", () => {
    const list = "FOO_B,X=5,Y='a,b',NOSUCH,Z=p=q";
    expect(jobEnvironment(list, ENV)).toEqual({
      SLURM_FOO: "3",
      FOO_B: "x y",
      X: "5",
      Y: "'a,b'",
      Z: "p=q",
      SLURM_EXPORT_ENV: list,
      SLURM_GET_USER_ENV: "1",
    });
  });

  it("takes everything and sets more with ALL in a list", () => {
    expect(jobEnvironment("ALL,X=5,FOO_A=2", ENV)).toEqual({
      ...ENV,
      X: "5",
      FOO_A: "2",
      SLURM_EXPORT_ENV: "ALL,X=5,FOO_A=2",
      SLURM_GET_USER_ENV: "1",
    });
  });
});
