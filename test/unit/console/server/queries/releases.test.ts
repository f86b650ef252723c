import { expect, it } from "vitest";
import { describeReleases } from "../../../../../console/server/queries/releases.ts";
import { deployment, release } from "../../../cli/support/items.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();

it("says when an earlier release was live, and what the database has that it does not know", () => {
  const releases = [
    release("third", { deployedAt: at(6) }),
    release("second", { deployedAt: at(3), withdrawnAt: at(4) }),
    release("first", { deployedAt: at(1) }),
  ];
  const migrated = deployment({
    deployment: "second",
    createdAt: at(2),
    message: "Add orders\n\nWith a table.",
    plan: { pending: ["0002_orders"], notes: [] },
    migration: { appliedAt: at(2) },
  });
  expect(describeReleases(releases, "third", [migrated])).toMatchObject([
    {
      deployment: "second",
      title: "Add orders",
      liveFrom: at(3),
      liveUntil: at(4),
      withdrawnAt: at(4),
      migratedSince: [],
    },
    { deployment: "first", liveFrom: at(1), liveUntil: at(3), withdrawnAt: null, migratedSince: ["0002_orders"] },
  ]);
});
