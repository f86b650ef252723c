import { writeFileSync } from "node:fs";
import path from "node:path";
import { DeregisterTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
import { loadReleases } from "../../../lambdas/core/record.ts";
import { behaves, migration, slowBuild } from "../app.ts";
import { type Case, good, leftFrozen, takenBack, untouched } from "../case.ts";
import { killed, letRun, limitExecutions, productionHost, setVariable, snapshotsHang, stop } from "../provoke.ts";
import type { World } from "../world.ts";

/** A file that a build waits for. */
const gateOf = (world: World) => path.join(world.stage.directory, "build-gate");
const openGate = (world: World) => writeFileSync(gateOf(world), "");

async function unlock(world: World): Promise<void> {
  const { exitCode, stderr } = await world.stage.lockstep("unlock", "--yes");
  if (exitCode !== 0) throw new Error(`unlock ended with ${exitCode}: ${stderr}`);
}

export const outages: readonly Case[] = [
  {
    what: "the snapshot never completes",
    where: "Snapshot",
    files: () => migration("0005_snapshot", "create table snapshot (id int);"),
    before: async (world) => {
      await setVariable(world, "snapshot", { SNAPSHOT_DEADLINE_SECONDS: "8" });
      await snapshotsHang(world, true);
    },
    ...untouched,
    error: "SnapshotFailed",
    repair: (world) => snapshotsHang(world, false),
    redrive: { status: "succeeded" },
    afterwards: async (world) => {
      await setVariable(world, "snapshot", { SNAPSHOT_DEADLINE_SECONDS: "7200" });
      await snapshotsHang(world, false);
    },
    note: "PostgreSQL's checkpointer is stopped; the step gives up after `snapshotMinutes`, and a redrive goes on with the same snapshot",
  },
  {
    what: "the hook never reports",
    where: "Shift traffic",
    before: async (world) => {
      await setVariable(world, "shift-traffic", { GREEN_DEADLINE_SECONDS: "20" });
      await stop(world, "probe-green");
    },
    ...takenBack,
    error: "ShiftFailed",
    repair: (world) => letRun(world, "probe-green"),
    redrive: { status: "succeeded" },
    afterwards: async (world) => {
      await setVariable(world, "shift-traffic", { GREEN_DEADLINE_SECONDS: "600" });
      await letRun(world, "probe-green");
    },
    note: "its function cannot run; the step gives up long before CodeDeploy would (an hour)",
  },
  {
    what: "the execution runs out of time",
    where: "Build",
    files: (world) => slowBuild(`until [ -e ${gateOf(world)} ]; do sleep 0.2; done`),
    before: (world) => limitExecutions(world, 60),
    ...untouched,
    error: "States.Timeout",
    repair: async (world) => openGate(world),
    redrive: { status: "succeeded" },
    afterwards: async (world) => {
      openGate(world);
      await limitExecutions(world);
    },
  },
  {
    what: "the rollback's function cannot run",
    where: "Restore traffic",
    during: async (world, commit) => {
      await world.settled(commit);
      await stop(world, "restore-traffic");
      await world.alarm("errors-balancer", "ALARM");
      await world.frozen();
      return undefined;
    },
    ...leftFrozen,
    afterwards: async (world) => {
      await letRun(world, "restore-traffic");
      await unlock(world);
    },
    note: "an alarm began it, after the bake; after its retries the stage is frozen with the reason, until `lockstep unlock`",
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
      await world.frozen();
      return undefined;
    },
    ...leftFrozen,
    afterwards: unlock,
    note: "traffic stays where it is, the lock is kept with the reason, until `lockstep unlock`",
  },
  {
    what: "the cloud is killed (kill -9)",
    where: "Build",
    files: () => slowBuild("sleep 3"),
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
      migration("0006_killed", "select pg_sleep(3);\n--> statement-breakpoint\ncreate table killed (id int);"),
    during: async (world, commit) => {
      const asleep = "select 1 from pg_stat_activity where query like '%pg_sleep(3)%' and pid <> pg_backend_pid()";
      await world.until("the migration runs", async () => ((await world.query(asleep)).length > 0 ? true : undefined));
      await killed(world);
      await world.settled(commit);
      const applied = await world.query("select 1 from drizzle.__drizzle_migrations where created_at = 1006");
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
      const began = Date.now();
      await killed(world);
      await world.rollback(id);
      return began;
    },
    ...takenBack,
    error: "ProbeFailed",
    redrive: { status: "failed", error: "ProbeFailed" },
  },
];
