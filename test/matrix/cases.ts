import { DeregisterTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
import { type DeploymentRecord, loadReleases } from "../../lambdas/shared/record.ts";
import { behaves, migration, scripts, withoutMigration } from "./app.ts";
import { endings, hints, killed, productionHost, pushes, repeatEvents, rules, setSecret } from "./provoke.ts";
import type { World } from "./world.ts";

type Files = Readonly<Record<string, string>>;

export interface Case {
  /** What goes wrong. */
  readonly what: string;
  readonly where: string;
  readonly files?: (world: World) => Files | Promise<Files>;
  /** Before the push. */
  readonly before?: (world: World) => Promise<void>;
  /** While the deployment runs; answers when the trouble began, in epoch milliseconds. */
  readonly during?: (world: World, commit: string) => Promise<number | undefined>;
  readonly status: DeploymentRecord["status"];
  readonly error?: string | readonly string[];
  readonly outcome?: NonNullable<DeploymentRecord["rollback"]>["outcome"];
  /** Who serves in the end: the release from before, or the one that was pushed. */
  readonly serves: "old" | "new";
  readonly frozen?: true;
  /** Puts right what was wrong, before the redrive. */
  readonly repair?: (world: World) => Promise<void>;
  /** What a redrive ends in; none when there is nothing to redrive. */
  readonly redrive?: { readonly status: DeploymentRecord["status"]; readonly error?: string };
  /** What the next case must not find. */
  readonly afterwards?: (world: World) => Promise<void>;
  readonly note?: string;
}

const good = { status: "succeeded", serves: "new" } as const;
const untouched = { status: "failed", outcome: "nothing-to-undo", serves: "old" } as const;
const takenBack = { status: "failed", outcome: "rolled-back", serves: "old" } as const;
const now = () => Date.now();

/** A person aborts the execution while a step is at work; its redrive brings the release out. */
function aborted(
  where: string,
  expected: Pick<Case, "status" | "outcome" | "serves">,
  files: () => Files = () => ({}),
): Case {
  return {
    what: "a person aborts the execution",
    where,
    files,
    during: async (world, commit) => {
      const record = await world.begun(commit, where);
      await world.abort(record);
      return now();
    },
    ...expected,
    error: "Aborted",
    redrive: { status: "succeeded" },
  };
}

/** An alarm that a person or a load turns red while a step is at work. */
function alarmDuring(where: string, before: string): Case {
  return {
    what: "an alarm rings",
    where,
    during: async (world, commit) => {
      await world.begun(commit, before);
      await world.until(`traffic reaches ${commit.slice(0, 8)}`, async () =>
        (await world.serves()) === commit ? true : undefined,
      );
      // Set again until CodeDeploy has looked: the metric turns it OK at its next evaluation.
      const began = now();
      await world.until("the deployment ends", async () => {
        const record = await world.record(commit);
        if (record?.status !== "running") return true;
        await world.alarm("errors-balancer", "ALARM");
        return undefined;
      });
      return began;
    },
    ...takenBack,
    error: "AlarmRaised",
    redrive: { status: "succeeded" },
  };
}

export const cases: readonly Case[] = [
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
    afterwards: (world) => world.release(withoutMigration("0100_drop")),
  },
  {
    what: "a migration fails inside its transaction",
    where: "Migrate",
    files: () =>
      migration("0101_fails", "create table half (id int);\n--> statement-breakpoint\ninsert into half select 1/0;"),
    ...untouched,
    error: "MigrationFailed",
    redrive: { status: "failed", error: "MigrationFailed" },
    afterwards: (world) => world.release(withoutMigration("0101_fails")),
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
      await world.release(withoutMigration("0102_concurrently"));
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
    what: "users get errors from the canary",
    where: "Shift traffic",
    files: () => behaves({ api: "errors" }),
    during: (world) => world.alarmRings(),
    ...takenBack,
    error: "AlarmRaised",
    redrive: { status: "failed", error: "AlarmRaised" },
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
  { ...alarmDuring("Shift traffic (canary)", "Shift traffic") },
  { ...alarmDuring("Bake", "Bake") },
  {
    what: "an alarm rings after the bake",
    where: "after Finish",
    during: async (world, commit) => {
      await world.settled(commit);
      const began = now();
      await world.alarm("errors-balancer", "ALARM");
      await world.until("the rollback ends", async () => {
        const record = await world.record(commit);
        return record?.rollback && record.rollback.outcome !== "running" ? true : undefined;
      });
      return began;
    },
    status: "succeeded",
    outcome: "rolled-back",
    serves: "old",
    note: "blue is gone by then: the release before is deployed again, all at once",
  },
  {
    what: "an alarm is red before the start",
    where: "Shift traffic",
    before: (world) => world.alarm("errors-balancer", "ALARM"),
    ...good,
    note: "the shift waits until the alarm is OK",
  },
  aborted("Build", untouched),
  aborted("Snapshot", untouched, () => migration("0001_more", "create table more (id int);")),
  aborted("Migrate", untouched, () =>
    migration("0002_slow", "select pg_sleep(3);\n--> statement-breakpoint\ncreate table slow (id int);"),
  ),
  aborted("Shift traffic", takenBack),
  aborted("Bake", takenBack),
  {
    what: "a person aborts a push that waits",
    where: "Acquire lock",
    before: async (world) => void (await world.push(scripts({ build: "sleep 8; mkdir -p dist && cp src/* dist/" }))),
    files: () => scripts({}),
    during: async (world, commit) => {
      await world.abort(await world.begun(commit, "Acquire lock"));
      return now();
    },
    status: "failed",
    error: "Aborted",
    serves: "old",
    redrive: { status: "succeeded" },
  },
  {
    what: "all hints of AWS's services are lost",
    where: "every wait",
    files: () => migration("0003_unheard", "create table unheard (id int);"),
    before: (world) => rules(world, hints, false),
    ...good,
    afterwards: (world) => rules(world, hints, true),
    note: "each step looks for itself after its heartbeat",
  },
  {
    what: "the end of the execution is not announced",
    where: "Probe",
    files: (world) => behaves({ health: "errors when probed", productionHost: productionHost(world) }),
    before: (world) => rules(world, endings, false),
    ...takenBack,
    error: "ProbeFailed",
    afterwards: (world) => rules(world, endings, true),
    note: "reconcile finds it",
  },
  {
    what: "the push is not announced",
    where: "before the start",
    before: (world) => rules(world, pushes, false),
    ...good,
    afterwards: (world) => rules(world, pushes, true),
    note: "reconcile finds it, half a minute later",
  },
  {
    what: "every event comes three times and in the wrong order",
    where: "every wait",
    files: () => migration("0004_again", "create table again (id int);"),
    during: repeatEvents,
    ...good,
  },
  {
    what: "the release before cannot be deployed again",
    where: "Restore traffic",
    during: async (world, commit) => {
      await world.settled(commit);
      const before = (await loadReleases(await world.table())).find(({ commit: other }) => other === world.good);
      const ecs = await world.stage.client(ECSClient);
      await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: before?.taskDefinitionArn }));
      await world.startRollback(`${commit.slice(0, 8)}-by-hand`);
      await world.until("the stage is frozen", async () => ((await world.lock()).frozen ? true : undefined));
      return undefined;
    },
    status: "succeeded",
    outcome: "failed",
    serves: "new",
    frozen: true,
    afterwards: async (world) => {
      const { exitCode, stderr } = await world.stage.lockstep("unlock", "--yes");
      if (exitCode !== 0) throw new Error(`unlock ended with ${exitCode}: ${stderr}`);
    },
    note: "traffic stays where it is, the lock is kept with the reason, until `lockstep unlock`",
  },
  {
    what: "the cloud is killed (kill -9)",
    where: "Build",
    files: () => scripts({ build: "sleep 3; mkdir -p dist && cp src/* dist/" }),
    during: async (world, commit) => {
      await world.until("the build runs", async () =>
        (await world.buildPhase(commit)) === "BUILD" ? true : undefined,
      );
      await killed(world);
      await world.settled(commit);
      const builds = await world.builds(commit);
      if (builds !== 1) throw new Error(`the commit was built ${builds} times`);
      return undefined;
    },
    ...good,
    note: "the same build goes on",
  },
  {
    what: "the cloud is killed (kill -9)",
    where: "Migrate",
    files: () =>
      migration("0005_killed", "select pg_sleep(3);\n--> statement-breakpoint\ncreate table killed (id int);"),
    during: async (world, commit) => {
      const asleep = "select 1 from pg_stat_activity where query like '%pg_sleep(3)%' and pid <> pg_backend_pid()";
      await world.until("the migration runs", async () => ((await world.query(asleep)).length > 0 ? true : undefined));
      await killed(world);
      await world.settled(commit);
      const applied = await world.query("select 1 from drizzle.__drizzle_migrations where created_at = 1005");
      if (applied.length !== 1) throw new Error(`the migration is ${applied.length} times in the ledger`);
      return undefined;
    },
    ...good,
    note: "the same migration goes on, once",
  },
  {
    what: "the cloud is killed during the rollback (kill -9)",
    where: "Restore traffic",
    files: (world) => behaves({ health: "errors when probed", productionHost: productionHost(world) }),
    during: async (world, commit) => {
      const id = await world.until("the rollback begins", async () => (await world.record(commit))?.rollback?.id);
      const began = now();
      await killed(world);
      await world.rollback(id);
      return began;
    },
    ...takenBack,
    error: "ProbeFailed",
    redrive: { status: "failed", error: "ProbeFailed" },
  },
];
