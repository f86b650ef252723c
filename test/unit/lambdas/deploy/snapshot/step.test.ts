import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { snapshotId } from "../../../../../lambdas/deploy/snapshot/step.ts";

const deployment = "1a2b3c4d-6f1c2d3e-0000-4000-8000-000000000000";

describe("the name of a snapshot", () => {
  test("is the same for the same attempt, and another for the next or after a failure", () => {
    const id = (attempt: number, retry: number) => snapshotId("shop-production", deployment, { attempt, retry });
    expect(id(0, 0)).toBe(`shop-production-snapshot-${deployment}`);
    expect(id(0, 1)).toBe(`shop-production-snapshot-${deployment}-t1`);
    expect(id(2, 0)).toBe(`shop-production-snapshot-${deployment}-r2`);
    expect(id(2, 1)).toBe(`shop-production-snapshot-${deployment}-r2-t1`);
  });

  test("is accepted by RDS", () => {
    const isTaken = (id: string) => /^[a-z](-?[a-z0-9])*$/.test(id);
    const name = fc.string({ minLength: 1, maxLength: 60 });
    const holds = fc.property(name, fc.nat(5), (deployment, attempt) =>
      isTaken(snapshotId("shop", deployment, { attempt, retry: attempt })),
    );
    expect(fc.check(holds)).toMatchObject({ failed: false });
  });
});
