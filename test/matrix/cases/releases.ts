import { withBehavior, migration, scripts, withoutMigration } from "../app.ts";
import { type Case, good, rolledBack, unchanged } from "../case.ts";
import { productionHost, setSecret, underLoad, useOneTargetGroup } from "../faults.ts";

export const releases: readonly Case[] = [
  {
    what: "the build fails",
    where: "Build",
    files: () => scripts({ build: "echo broken; exit 3" }),
    ...unchanged,
    error: "BuildFailed",
    redrive: { status: "failed", error: "BuildFailed" },
  },
  {
    what: "a variable is missing",
    where: "Build",
    files: () => ({ ".env.example": "SESSION_SECRET=a-long-random-text\nPAYMENT_KEY=a-key\n" }),
    ...unchanged,
    error: "ConfigMissing",
    repair: (world) => setSecret(world, (value) => ({ ...value, PAYMENT_KEY: "of-the-matrix" })),
    redrive: { status: "succeeded" },
  },
  {
    what: "a migration is destructive",
    where: "Plan",
    files: () => migration("0100_drop", "alter table entries drop column at;"),
    ...unchanged,
    error: "DestructiveMigration",
    redrive: { status: "failed", error: "DestructiveMigration" },
    cleanup: async () => withoutMigration("0100_drop"),
  },
  {
    what: "a migration fails inside its transaction",
    where: "Migrate",
    files: () =>
      migration("0101_fails", "create table half (id int);\n--> statement-breakpoint\ninsert into half select 1/0;"),
    ...unchanged,
    error: "MigrationFailed",
    redrive: { status: "failed", error: "MigrationFailed" },
    cleanup: async () => withoutMigration("0101_fails"),
  },
  {
    what: "a migration fails outside a transaction",
    where: "Migrate",
    files: () =>
      migration(
        "0102_concurrently",
        "-- no-transaction\ncreate unique index concurrently entries_at on entries ((at is null));",
      ),
    ...unchanged,
    error: "MigrationFailed",
    redrive: { status: "failed", error: "DatabaseInconsistent" },
    cleanup: async (world) => {
      await world.query("drop index if exists entries_at");
      withoutMigration("0102_concurrently");
    },
    note: "the redrive restarts at Plan if the lock was lost, and Plan reports the invalid index",
  },
  {
    what: "Drizzle would skip a migration",
    where: "Plan",
    files: () => migration("0000_same_time", "create table skipped (id int);"),
    ...unchanged,
    error: "DatabaseInconsistent",
    redrive: { status: "failed", error: "DatabaseInconsistent" },
    cleanup: async () => withoutMigration("0000_same_time"),
  },
  {
    what: "the migrate command succeeds without applying the migrations",
    where: "Verify migrations",
    files: () => ({
      ...migration("0103_unapplied", "create table unapplied (id int);"),
      "src/migrate.js": "console.log('nothing to migrate');\n",
    }),
    ...unchanged,
    error: "MigrationsIncomplete",
    redrive: { status: "failed", error: "MigrationsIncomplete" },
    cleanup: async () => withoutMigration("0103_unapplied"),
  },
  {
    what: "the tasks crash at startup",
    where: "Shift traffic",
    files: () => withBehavior({ crashes: true }),
    ...rolledBack,
    error: ["ShiftFailed", "AlarmRaised"],
    redrive: { status: "failed", error: "ShiftFailed" },
  },
  {
    what: "the new release fails its health check on the test listener",
    where: "Shift traffic",
    files: () => withBehavior({ health: "errors" }),
    ...rolledBack,
    error: ["ShiftFailed", "AlarmRaised"],
    redrive: { status: "failed" },
  },
  {
    what: "a good release takes long to start on a loaded machine",
    where: "Shift traffic",
    files: () => withBehavior({ startSeconds: 8 }),
    before: useOneTargetGroup,
    during: underLoad,
    ...good,
    note: "the second target group is not in use before, as before a first release, so its targets are not checked until test traffic is on it; the hook sends no request before they are healthy",
  },
  {
    what: "the production probe fails",
    where: "Probe",
    files: (world) => withBehavior({ health: "errors when probed", productionHost: productionHost(world) }),
    during: async (world, commit) => {
      const record = await world.until("the probe fails", async () => {
        const current = await world.record(commit);
        return current?.status === "running" ? undefined : current;
      });
      return Date.parse(record.steps["Probe"]?.startedAt ?? "");
    },
    ...rolledBack,
    error: "ProbeFailed",
    redrive: { status: "failed", error: "ProbeFailed" },
  },
];
