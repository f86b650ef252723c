import { describe, expect, test } from "vitest";
import { pendingMigrations } from "../../../../../lambdas/deploy/plan/step.ts";

const rows = (...whens: number[]) => whens.map((when) => ({ hash: "", when, name: undefined }));
const migrations = [
  { tag: "0001_b", when: 200 },
  { tag: "0002_c", when: 300 },
];

describe("pending migrations", () => {
  test("are all if the database has no table of applied migrations", () => {
    expect(pendingMigrations({ migrations, migrationCount: 2 }, [])).toEqual({
      pending: ["0001_b", "0002_c"],
      pendingCount: 2,
    });
  });

  test("are more than the build lists if the list was cut", () => {
    expect(pendingMigrations({ migrations, migrationCount: 50 }, []).pendingCount).toBe(50);
  });

  test("are those created after the newest applied one", () => {
    expect(pendingMigrations({ migrations, migrationCount: 3 }, rows(100, 200)).pending).toEqual(["0002_c"]);
  });

  test("are none when the database is ahead of the release", () => {
    const ahead = rows(200, 300, 400);
    expect(pendingMigrations({ migrations, migrationCount: 3 }, ahead)).toEqual({ pending: [], pendingCount: 0 });
  });
});
