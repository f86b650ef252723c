import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { missingVariables, pendingMigrations } from "../../../../../lambdas/deploy/plan/step.ts";

const migrations = [
  { tag: "0001_b", when: 200 },
  { tag: "0002_c", when: 300 },
];

describe("pending migrations", () => {
  test("are all if the database has no table of applied migrations", () => {
    expect(pendingMigrations({ migrations, migrationCount: 2 }, undefined)).toEqual({
      pending: ["0001_b", "0002_c"],
      pendingCount: 2,
    });
  });

  test("are more than the build lists if the list was cut", () => {
    expect(pendingMigrations({ migrations, migrationCount: 50 }, undefined).pendingCount).toBe(50);
  });

  test("are those created after the newest applied one", () => {
    expect(pendingMigrations({ migrations, migrationCount: 3 }, 200).pending).toEqual(["0002_c"]);
  });

  test("are none when the database is ahead of the release", () => {
    expect(pendingMigrations({ migrations, migrationCount: 3 }, 400)).toEqual({ pending: [], pendingCount: 0 });
  });

  test("are never both applied and pending, and never neither", () => {
    const holds = fc.property(fc.uniqueArray(fc.nat()), fc.nat(), (whens, newest) => {
      const all = whens.map((when) => ({ tag: String(when), when }));
      const { pending } = pendingMigrations({ migrations: all, migrationCount: all.length }, newest);
      return whens.every((when) => pending.includes(String(when)) !== when <= newest);
    });
    expect(fc.check(holds)).toMatchObject({ failed: false });
  });
});

describe("missing variables", () => {
  test("are those that neither the platform nor the secret sets", () => {
    expect(missingVariables(["PORT", "STRIPE_KEY", "SESSION_SECRET"], ["PORT", "SESSION_SECRET"])).toEqual([
      "STRIPE_KEY",
    ]);
  });
});
