/** sshare: headers and widths as captured from the real one; rows in its layout under fair tree. */
import { describe, expect, it } from "vitest";
import { sshare } from "../../../core/cli/sshare/sshare.ts";
import { accountAnswers, SHARES } from "../account-views.ts";
import { envOf, run, useController } from "../controller.ts";

const place = useController();
const asked = (args: readonly string[], shares = SHARES) => {
  place.answer = accountAnswers("multifactor", shares);
  return run(sshare, "sshare", args, { env: envOf(place.controller) });
};
const out = async (...args: string[]): Promise<string> => (await asked(args)).out;

const HEAD = `\
Account                    User  RawShares  NormShares    RawUsage  EffectvUsage  FairShare 
-------------------- ---------- ---------- ----------- ----------- ------------- ---------- 
`;
const NO_TRES = "cpu=0,mem=0,energy=0,node=0,billing=0,fs/disk=0,vmem=0,pages=0,gres/gpu=0";

describe("sshare", () => {
  it("shows the tree, each account indented below the one above it", async () => {
    expect(await out("-a")).toBe(`${HEAD}\
root                                          0.000000        7200      1.000000            
 chemistry                              10    0.250000           0      0.000000            
  chemistry                 bob          1    1.000000           0      0.000000   1.000000 
 physics                                30    0.750000        7200      1.000000            
  physics                   ada          2    0.500000        7200      1.000000   0.250000 
  physics                   bob          1    0.250000           0      0.000000   0.750000 
  optics                                 1    0.250000           0      0.000000            
   optics                   cyd          1    1.000000           0      0.000000   0.500000 
`);
  });

  it("shows only the users that are asked for, and of accounts all", async () => {
    expect(await out("-u", "ada", "-n")).toBe(`\
root                                          0.000000        7200      1.000000            
 chemistry                              10    0.250000           0      0.000000            
 physics                                30    0.750000        7200      1.000000            
  physics                   ada          2    0.500000        7200      1.000000   0.250000 
  optics                                 1    0.250000           0      0.000000            
`);
    await asked([]);
    expect(place.controller.asked.at(-1)?.query["users"]).not.toBe(undefined);
    await asked(["-a"]);
    expect(place.controller.asked.at(-1)?.query["users"]).toBe(undefined);
  });

  it("shows the accounts that are asked for from the margin on", async () => {
    expect(await out("-a", "-A", "physics", "-h")).toBe(`\
physics                                 30    0.750000        7200      1.000000            
 physics                    ada          2    0.500000        7200      1.000000   0.250000 
 physics                    bob          1    0.250000           0      0.000000   0.750000 
`);
  });

  it("shows level fair share, limits and what running jobs have left with --long", async () => {
    const lines = (await out("-l", "-a")).split("\n");
    expect(lines.slice(0, 2)).toEqual([
      "Account                    User  RawShares  NormShares    RawUsage   NormUsage  EffectvUsage  FairShare    LevelFS                    GrpTRESMins                    TRESRunMins ",
      "-------------------- ---------- ---------- ----------- ----------- ----------- ------------- ---------- ---------- ------------------------------ ------------------------------ ",
    ]);
    expect(lines[2]).toBe(
      "root                                          0.000000        7200                  1.000000                                                      cpu=0,mem=0,energy=0,node=0,b+ ",
    );
    expect(lines[3]).toBe(
      " chemistry                              10    0.250000           0    0.000000      0.000000                   inf                                cpu=0,mem=0,energy=0,node=0,b+ ",
    );
    expect(lines[5]).toBe(
      " physics                                30    0.750000        7200    1.000000      1.000000              0.750000                 gres/gpu=60000 cpu=90,mem=0,energy=0,node=0,+ ",
    );
  });

  it("puts bars between values, behind the last as well with --parsable", async () => {
    expect(await out("-P", "-A", "physics", "-u", "ada")).toBe(`\
Account|User|RawShares|NormShares|RawUsage|EffectvUsage|FairShare
physics||30|0.750000|7200|1.000000|
 physics|ada|2|0.500000|7200|1.000000|0.250000
`);
    expect(await out("-p", "-n", "-U", "-A", "physics", "-u", "ada", "-o", "acc,user,tresrun,grptresr")).toBe(
      `physics|ada|${NO_TRES}|${NO_TRES}|\n`,
    );
    expect(await out("-P", "-n", "-a", "-A", "physics", "-o", "GrpTRESRaw")).toContain(
      "cpu=120,mem=0,energy=0,node=60,billing=120,fs/disk=0,vmem=0,pages=0,gres/gpu=30\n",
    );
  });

  it("answers the form that workflow tools use", async () => {
    expect(await out("-U", "-u", "bob", "--format", "Account%256", "--noheader")).toBe(
      `${"chemistry".padStart(256)} \n${"physics".padStart(256)} \n`,
    );
  });

  it("cuts text with a sign and takes widths and abbreviations", async () => {
    expect(await out("-A", "chemistry", "-u", "bob", "-o", "account%5,user%-5,fair,id")).toBe(`\
Accou User   FairShare     ID 
----- ----- ---------- ------ 
chem+                       2 
 che+ bob     1.000000      3 
`);
    expect(await out("-m", "-n", "-U", "-u", "cyd", "-P")).toBe(
      "optics|cyd||1|1.000000|0|0.000000|0.500000\n",
    );
  });

  it("lists its fields, and refuses others", async () => {
    expect(await out("-e")).toBe(`\
Account           Cluster           EffectvUsage      FairShare        
GrpTRESMins       GrpTRESRaw        ID                LevelFS          
NormShares        NormUsage         Partition         RawShares        
RawUsage          TRESRunMins       User             
`);
    expect(await asked(["-o", "bogus"])).toEqual({
      out: "",
      err: 'sshare: error: Invalid field requested: "bogus"\n',
      status: 1,
    });
    expect((await asked(["-M", "x"])).err).toBe(
      "sshare: error: --clusters is not supported by this version of Rota\n",
    );
  });

  it("shows no rows where the site has no accounts, and passes words over", async () => {
    expect(await asked(["foo"], [])).toEqual({ out: HEAD, err: "", status: 0 });
  });
});
