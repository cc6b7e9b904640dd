/** sacctmgr as far as it reads: headers as the real one prints them, the forms that clients use, and refusals. */
import { describe, expect, it } from "vitest";
import { sacctmgr } from "../../../core/cli/sacctmgr/sacctmgr.ts";
import { accountAnswers, SHARES } from "../account-views.ts";
import { envOf, run, useController } from "../controller.ts";

const place = useController();
const asked = (args: readonly string[], shares = SHARES) => {
  place.answer = accountAnswers("multifactor", shares);
  return run(sacctmgr, "sacctmgr", args, { env: envOf(place.controller) });
};
const out = async (...args: string[]): Promise<string> => (await asked(args)).out;

const ASSOCIATIONS = `\
   Cluster    Account       User  Partition     Share   Priority GrpJobs       GrpTRES GrpSubmit     GrpWall   GrpTRESMins MaxJobs       MaxTRES MaxTRESPerNode MaxSubmit     MaxWall   MaxTRESMins                  QOS   Def QOS GrpTRESRunMin 
---------- ---------- ---------- ---------- --------- ---------- ------- ------------- --------- ----------- ------------- ------- ------------- -------------- --------- ----------- ------------- -------------------- --------- ------------- 
`;

const QOS_HEAD = `\
      Name   Priority  GraceTime    Preempt   PreemptExemptTime PreemptMode                                    Flags UsageThres UsageFactor       GrpTRES   GrpTRESMins GrpTRESRunMin GrpJobs GrpSubmit     GrpWall       MaxTRES MaxTRESPerNode   MaxTRESMins     MaxWall     MaxTRESPU MaxJobsPU MaxSubmitPU     MaxTRESPA MaxJobsPA MaxSubmitPA       MinTRES 
---------- ---------- ---------- ---------- ------------------- ----------- ---------------------------------------- ---------- ----------- ------------- ------------- ------------- ------- --------- ----------- ------------- -------------- ------------- ----------- ------------- --------- ----------- ------------- --------- ----------- ------------- 
`;

/** The rows below the dashes, each as the cells that say something, by header. */
function rowsOf(text: string): Record<string, string>[] {
  const [header, dashes, ...rows] = text.trimEnd().split("\n");
  const columns = [...dashes!.matchAll(/-+/g)].map(
    ({ index, 0: { length } }) => [index, index + length] as const,
  );
  return rows.map((row) =>
    Object.fromEntries(
      columns
        .map(([from, to]) => [header!.slice(from, to).trim(), row.slice(from, to).trim()] as const)
        .filter(([, value]) => value !== ""),
    ),
  );
}

describe("sacctmgr show association", () => {
  it("shows accounts and users with their limits", async () => {
    const text = await out("show", "assoc", "where", "account=physics");
    expect(text.startsWith(ASSOCIATIONS)).toBe(true);
    const of = { Cluster: "oracle", Account: "physics" };
    expect(rowsOf(text)).toEqual([
      {
        ...of,
        Share: "30",
        GrpJobs: "100",
        GrpTRES: "cpu=512,mem=+",
        GrpSubmit: "1000",
        GrpTRESMins: "gres/gpu=600+",
        MaxWall: "2-00:00:00",
        QOS: "normal,high",
      },
      { ...of, User: "ada", Share: "2", MaxJobs: "20", MaxTRES: "cpu=64,node=4", QOS: "normal" },
      { ...of, User: "bob", Share: "1", QOS: "normal,high" },
    ]);
  });

  it("answers the form of the exporters", async () => {
    const format = "format=User,Account,GrpCPU,GrpMem,GrpJobs,GrpSubmit";
    expect(await out("show", "assoc", format, "--noheader", "--parsable2")).toBe(`\
|root||||
|chemistry||||
bob|chemistry||||
|physics|512|4096|100|1000
ada|physics||||
bob|physics||||
|optics||||
cyd|optics||||
`);
  });

  it("is narrowed by users, clusters, parents and ids, and indents the tree", async () => {
    expect(await out("-nP", "list", "associations", "user=bob,ada", "format=account,user,share")).toBe(
      "chemistry|bob|1\nphysics|ada|2\nphysics|bob|1\n",
    );
    expect(await out("-n", "-P", "show", "assoc", "Users=", "parent=physics", "format=acc,par")).toBe(
      "optics|physics\n",
    );
    expect(await out("-nP", "show", "assoc", "cluster=other")).toBe("");
    expect(await out("-nP", "show", "assoc", "id=8", "format=id,user,qos,clus")).toBe(
      "8|cyd|normal,high|oracle\n",
    );
    expect(await out("-nP", "show", "assoc", "tree", "user=cyd", "format=account")).toBe("   optics\n");
  });

  it("has a header and no rows where the site has no accounts", async () => {
    expect(await asked(["list", "assoc"], [])).toEqual({ out: ASSOCIATIONS, err: "", status: 0 });
  });
});

describe("sacctmgr show user and account", () => {
  it("show each once", async () => {
    expect(await out("show", "user")).toBe(`\
      User   Def Acct     Admin 
---------- ---------- --------- 
       ada    physics      None 
       bob    physics      None 
       cyd     optics      None 
`);
    expect(await out("list", "account", "physics")).toBe(`\
   Account                Descr                  Org 
---------- -------------------- -------------------- 
   physics              physics              physics 
`);
  });

  it("show each association when asked, or when a field is of one", async () => {
    const accounts = `${"chemistry".padStart(256)} \n${"physics".padStart(256)} \n`;
    expect(await out("-n", "-s", "list", "user", "bob", "format=account%256")).toBe(accounts);
    expect(await out("-n", "list", "user", '"bob"', "format=account%256")).toBe(accounts);
    expect((await out("show", "user", "ada", "withassoc")).split("\n").slice(0, 3)).toEqual([
      "      User   Def Acct     Admin    Cluster    Account  Partition     Share   Priority MaxJobs MaxNodes  MaxCPUs MaxSubmit     MaxWall  MaxCPUMins                  QOS   Def QOS ",
      "---------- ---------- --------- ---------- ---------- ---------- --------- ---------- ------- -------- -------- --------- ----------- ----------- -------------------- --------- ",
      "       ada    physics      None     oracle    physics                    2                 20        4       64                                                 normal           ",
    ]);
    expect(await out("-nP", "show", "account", "physics", "-s", "format=name,user,share")).toBe(
      "physics||30\nphysics|ada|2\nphysics|bob|1\n",
    );
  });
});

describe("sacctmgr show qos", () => {
  it("shows priorities, factors and limits", async () => {
    const text = await out("show", "qos");
    expect(text.startsWith(QOS_HEAD)).toBe(true);
    expect(rowsOf(text)).toEqual([
      {
        Name: "normal",
        Priority: "0",
        GraceTime: "00:00:00",
        PreemptMode: "cluster",
        UsageFactor: "1.000000",
      },
      {
        Name: "high",
        Priority: "100",
        GraceTime: "00:01:30",
        Preempt: "normal",
        PreemptMode: "cluster",
        Flags: "OverPartQOS",
        UsageFactor: "2.000000",
        GrpTRES: "gres/gpu=8",
        MaxWall: "01:00:00",
        MaxTRESPU: "cpu=384",
        MaxJobsPU: "5",
      },
    ]);
  });

  it("is narrowed by name and takes short names of fields", async () => {
    expect(
      await out("-nP", "list", "qos", "high", "format=name,prio,usagefactor,maxtrespu,maxjobspu,maxwall"),
    ).toBe("high|100|2.000000|cpu=384|5|01:00:00\n");
  });
});

describe("sacctmgr", () => {
  it.each([
    ["add", "account", "x"],
    ["modify", "user", "ada", "set", "fairshare=5"],
    ["delete", "qos", "high"],
    ["-i", "create", "user", "eve"],
  ])("refuses to change anything: %s", async (...args) => {
    const ran = await asked(args);
    expect(ran.status).toBe(1);
    expect(ran.err).toContain("accounts, users and QOS are in rota.yaml; change them there");
    expect(ran.out).toBe("");
  });

  it("refuses what it cannot show and terms that there are not", async () => {
    expect((await asked(["show", "tres"])).err).toBe(
      "sacctmgr: error: show tres is not supported by this version of Rota\n",
    );
    expect(await asked(["show", "assoc", "OnlyDefaults"])).toEqual({
      out: "",
      err: "sacctmgr: error: OnlyDefaults is not supported by this version of Rota\n",
      status: 1,
    });
    expect(await asked(["show", "assoc", "bogus=1"])).toEqual({
      out: "",
      err: " Unknown condition: bogus=1\n",
      status: 1,
    });
    expect((await asked(["show", "qos", "where", "user=ada"])).err).toBe(" Unknown condition: user=ada\n");
    expect(await asked(["show", "assoc", "format=bogus"])).toEqual({
      out: "",
      err: " Unknown field 'bogus'\n",
      status: 1,
    });
    expect((await asked([])).status).toBe(1);
    expect((await asked(["-V"])).out).toBe("slurm-wlm 22.05.8\n");
  });
});
