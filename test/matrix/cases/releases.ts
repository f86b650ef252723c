import { behaves, migration, scripts, withoutMigration } from "../app.ts";
import { type Case, takenBack, untouched } from "../case.ts";
import { productionHost, setSecret } from "../provoke.ts";

export const releases: readonly Case[] = [
  {
    what: "the build fails",
    where: "Build",
    files: () => scripts({ build: "echo broken; exit 3" }),
    ...untouched,
    error: "BuildFailed",
    redrive: { status: "failed", error: "BuildFailed" },
  },
  {
    what: "a variable is missing",
    where: "Plan",
    files: () => ({ ".env.example": "SESSION_SECRET=a-long-random-text\nPAYMENT_KEY=a-key\n" }),
    ...untouched,
    error: "ConfigMissing",
    repair: (world) => setSecret(world, (value) => ({ ...value, PAYMENT_KEY: "of-the-matrix" })),
    redrive: { status: "succeeded" },
  },
  {
    what: "a migration is destructive",
    where: "Plan",
    files: () => migration("0100_drop", "alter table entries drop column at;"),
    ...untouched,
    error: "DestructiveMigration",
    redrive: { status: "failed", error: "DestructiveMigration" },
    afterwards: async () => withoutMigration("0100_drop"),
  },
  {
    what: "a migration fails inside its transaction",
    where: "Migrate",
    files: () =>
      migration("0101_fails", "create table half (id int);\n--> statement-breakpoint\ninsert into half select 1/0;"),
    ...untouched,
    error: "MigrationFailed",
    redrive: { status: "failed", error: "MigrationFailed" },
    afterwards: async () => withoutMigration("0101_fails"),
  },
  {
    what: "a migration fails outside of a transaction",
    where: "Migrate",
    files: () =>
      migration(
        "0102_concurrently",
        "-- no-transaction\ncreate unique index concurrently entries_at on entries ((at is null));",
      ),
    ...untouched,
    error: "MigrationFailed",
    redrive: { status: "failed", error: "DatabaseInconsistent" },
    afterwards: async (world) => {
      await world.query("drop index if exists entries_at");
      withoutMigration("0102_concurrently");
    },
    note: "the redrive starts over at Plan when it has lost the lock, and Plan names the index that was left invalid",
  },
  {
    what: "the tasks crash at start",
    where: "Shift traffic",
    files: () => behaves({ crashes: true }),
    ...takenBack,
    error: ["ShiftFailed", "AlarmRaised"],
    redrive: { status: "failed", error: "ShiftFailed" },
  },
  {
    what: "the new release is ill on the test listener",
    where: "Shift traffic",
    files: () => behaves({ health: "errors" }),
    ...takenBack,
    error: ["ShiftFailed", "AlarmRaised"],
    redrive: { status: "failed" },
  },
  {
    what: "the probe of production fails",
    where: "Probe",
    files: (world) => behaves({ health: "errors when probed", productionHost: productionHost(world) }),
    during: async (world, commit) => {
      const record = await world.until("the probe fails", async () => {
        const seen = await world.record(commit);
        return seen?.status === "running" ? undefined : seen;
      });
      return Date.parse(record.steps["Probe"]?.startedAt ?? "");
    },
    ...takenBack,
    error: "ProbeFailed",
    redrive: { status: "failed", error: "ProbeFailed" },
  },
];
