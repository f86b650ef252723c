import { expect, it } from "vitest";
import { withPendingMigrations } from "../../../../../console/server/queries/database.ts";
import { deployment } from "../../../cli/support/items.ts";

const plan = { pending: ["0002_orders"], notes: [] };

it("shows migrations as pending until the newest planned deployment has applied them", () => {
  const unplanned = deployment({ deployment: "third" });
  const planned = deployment({ deployment: "second", plan, status: "failed" });
  const older = deployment({ deployment: "first", plan });
  expect(withPendingMigrations([unplanned, planned, older])).toBe(planned);
  expect(
    withPendingMigrations([deployment({ plan, migration: { appliedAt: "2026-01-01T12:00:00Z" } }), older]),
  ).toBeUndefined();
  expect(withPendingMigrations([deployment({ plan: { pending: [], notes: [] } }), older])).toBeUndefined();
  expect(withPendingMigrations([])).toBeUndefined();
});
