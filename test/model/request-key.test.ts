import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeIndex } from "../../core/model/ids.ts";
import type { Request } from "../../core/model/request.ts";
import { requestKey } from "../../core/model/request-key.ts";

const count = fc.integer({ min: 1, max: 3 });
const rows = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }).map((list) => list.map(nodeIndex));

const requests: fc.Arbitrary<Request> = fc.record({
  minNodes: count,
  maxNodes: count,
  tasks: count,
  tasksPerNode: count,
  cpusPerTask: count,
  cpus: fc.constantFrom(-1, 1, 2),
  memMib: fc.constantFrom(-1, 1, 11),
  memPer: fc.constantFrom("node", "cpu", "gpu"),
  memPerMib: fc.constantFrom(0, 1, 11),
  gres: fc.array(fc.record({ dimension: count, count }), { maxLength: 2 }),
  exclusive: fc.boolean(),
  oneThreadPerCore: fc.constantFrom(0, 1),
  uneven: fc.boolean(),
  features: fc.constantFrom("", "a", "a&b"),
  requiredNodes: rows,
  excludedNodes: rows,
});

test("two requests have the same key exactly when they are equal", () => {
  fc.assert(
    fc.property(requests, requests, fc.boolean(), (a, b, same) => {
      const other = same ? structuredClone(a) : b;
      expect(requestKey(a) === requestKey(other)).toBe(JSON.stringify(a) === JSON.stringify(other));
    }),
    { numRuns: 500 },
  );
});

test("changing any one field changes the key", () => {
  fc.assert(
    fc.property(requests, requests, (a, b) => {
      for (const field of Object.keys(a) as (keyof Request)[]) {
        const changed = { ...a, [field]: b[field] };
        const isSame = JSON.stringify(a[field]) === JSON.stringify(b[field]);
        expect(requestKey(a) === requestKey(changed), field).toBe(isSame);
      }
    }),
  );
});
