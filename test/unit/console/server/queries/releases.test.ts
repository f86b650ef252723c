import { expect, it } from "vitest";
import { describeReleases } from "../../../../../console/server/queries/releases.ts";
import { deployment, release } from "../../../cli/support/items.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();

it("says when an earlier release was live", () => {
  const releases = [
    release("third", { deployedAt: at(6) }),
    release("second", { deployedAt: at(3), withdrawnAt: at(4) }),
    release("first", { deployedAt: at(1) }),
  ];
  const second = deployment({
    deployment: "second",
    createdAt: at(2),
    message: "Add orders\n\nWith a table.",
  });
  expect(describeReleases(releases, "third", [second])).toMatchObject([
    {
      deployment: "second",
      title: "Add orders",
      liveFrom: at(3),
      liveUntil: at(4),
      withdrawnAt: at(4),
    },
    { deployment: "first", liveFrom: at(1), liveUntil: at(3), withdrawnAt: null },
  ]);
});
