import { describe, expect, it } from "vitest";
import { PortSuspension } from "../../core/controller/port-suspension.ts";
import { Cluster, fields, request } from "../state/fixture.ts";

const OPERATOR = { user: "root", uid: 0, operator: true };
const parted = () => fields({ request: request({ part: { kind: "shard", type: "", units: 1, count: 1 } }) });

/** What is refused is refused before anything else of a controller is asked. */
const suspensionOf = ({ state }: Cluster): PortSuspension =>
  new PortSuspension({ ledger: { state } } as ConstructorParameters<typeof PortSuspension>[0]);

describe("suspending by hand", () => {
  it("is refused for a job with parts of devices, which others could be given meanwhile", async () => {
    const cluster = new Cluster();
    const id = cluster.submit({ fields: parted() });
    cluster.start(id);
    const answer = await suspensionOf(cluster).suspend(`${id}`, OPERATOR);
    expect(answer).toMatchObject({ ok: false, refusal: { code: "NOT_SUPPORTED" } });
  });

  it("is refused for a heterogeneous job of which any component has some, not the leader only", async () => {
    const cluster = new Cluster();
    const id = cluster.state.nextJobId;
    const jobs = [fields(), parted()];
    cluster.apply({ type: "het.submitted", atS: cluster.nowS, jobId: id, scriptKey: id, jobs });
    cluster.start(id);
    cluster.start(id + 1);
    const answer = await suspensionOf(cluster).suspend(`${id}`, OPERATOR);
    expect(answer).toMatchObject({ ok: false, refusal: { code: "NOT_SUPPORTED" } });
  });
});
