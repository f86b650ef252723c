import { writeFileSync } from "node:fs";
import path from "node:path";
import { DeregisterTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
import { loadReleases } from "../../../lambdas/core/record.ts";
import { loadRollbacks } from "../../../lambdas/rollback/record.ts";
import { withBehavior, migration, newAsset, slowBuild } from "../app.ts";
import { type Case, good, frozenStage, rolledBack, unchanged } from "../case.ts";
import {
  killControlPlane,
  enableFunction,
  limitExecutions,
  productionHost,
  setVariable,
  blockSnapshots,
  disableFunction,
} from "../faults.ts";
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
      await blockSnapshots(world, true);
    },
    ...unchanged,
    error: "SnapshotFailed",
    repair: (world) => blockSnapshots(world, false),
    redrive: { status: "succeeded" },
    cleanup: async (world) => {
      await setVariable(world, "snapshot", { SNAPSHOT_DEADLINE_SECONDS: "7200" });
      await blockSnapshots(world, false);
    },
    note: "the checkpointer of PostgreSQL is stopped; the step fails after `snapshotMinutes`, and a redrive resumes with the same snapshot",
  },
  {
    what: "the CodeDeploy hook never reports",
    where: "Shift traffic",
    before: async (world) => {
      await setVariable(world, "shift-traffic", { GREEN_DEADLINE_SECONDS: "20" });
      await disableFunction(world, "probe-green");
    },
    ...rolledBack,
    error: "ShiftFailed",
    repair: (world) => enableFunction(world, "probe-green"),
    redrive: { status: "succeeded" },
    cleanup: async (world) => {
      await setVariable(world, "shift-traffic", { GREEN_DEADLINE_SECONDS: "600" });
      await enableFunction(world, "probe-green");
    },
    note: "the hook's function cannot run; the step fails long before the CodeDeploy timeout (one hour)",
  },
  {
    what: "the execution times out",
    where: "Build",
    files: (world) => slowBuild(`until [ -e ${gateOf(world)} ]; do sleep 0.2; done`),
    before: (world) => limitExecutions(world, 60),
    ...unchanged,
    error: "States.Timeout",
    repair: async (world) => openGate(world),
    redrive: { status: "succeeded" },
    cleanup: async (world) => {
      openGate(world);
      await limitExecutions(world);
    },
  },
  {
    what: "the rollback function stops working",
    where: "Restore traffic",
    during: async (world, commit) => {
      await world.finished(commit);
      await world.alarm("errors-balancer", "ALARM");
      await world.until("the last good release is redeployed", async () => {
        const rollbacks = await loadRollbacks(await world.table());
        return rollbacks.find(({ status, redeployment }) => status === "running" && redeployment !== undefined);
      });
      await disableFunction(world, "rollback");
      await world.untilFrozen();
      return undefined;
    },
    ...frozenStage,
    serves: "old",
    cleanup: async (world) => {
      await enableFunction(world, "rollback");
      await world.redriveRollback();
    },
    note: "triggered by an alarm after the bake; CodeDeploy completes the redeployment, and after its retries the stage is frozen with the reason until a redrive of the rollback",
  },
  {
    what: "the live release crashes at startup when it gets the new assets",
    where: "Publish assets",
    before: async (world) => {
      await world.finished(await world.push(withBehavior({ newerTable: "newer" })));
      await world.until("the lock is free", async () => (await world.lock()).holder === undefined || undefined);
      await world.acceptLiveRelease();
      await world.query("create table newer (id int)");
    },
    files: () => newAsset("crashed"),
    ...unchanged,
    error: "AssetsFailed",
    repair: (world) => world.query("drop table newer").then(() => undefined),
    redrive: { status: "succeeded" },
    cleanup: (world) => world.query("drop table if exists newer").then(() => undefined),
    note: "the deployment fails before the database or traffic changes",
  },
  {
    what: "the previous release cannot be redeployed",
    where: "Restore traffic",
    during: async (world, commit) => {
      await world.finished(commit);
      const before = (await loadReleases(await world.table())).find(({ commit: other }) => other === world.goodCommit);
      const ecs = await world.stage.client(ECSClient);
      await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: before?.taskDefinitionArn }));
      await world.startRollback(`${commit.slice(0, 8)}-by-hand`);
      await world.untilFrozen();
      return undefined;
    },
    ...frozenStage,
    cleanup: unlock,
    note: "traffic is not moved; the stage is frozen with the reason until `lockstep unlock`",
  },
  {
    what: "the previous release crashes at startup on the newer schema",
    where: "Restore traffic",
    before: async (world) => {
      const before = await world.push(withBehavior({ newerTable: "newer" }));
      await world.finished(before);
    },
    during: async (world, commit) => {
      await world.finished(commit);
      await world.query("create table newer (id int)");
      await world.startRollback(`${commit.slice(0, 8)}-by-hand`);
      await world.untilFrozen();
      const { holder, frozen } = await world.lock();
      const events = (await world.history(holder)).length;
      if (events >= 200) throw new Error(`the rollback left ${events} events in its history`);
      for (const words of ["the schema is newer than this release", `still served by commit ${commit.slice(0, 8)}`])
        if (!frozen?.reason.includes(words)) throw new Error(`"${words}" is missing in: ${frozen?.reason}`);
      return undefined;
    },
    ...frozenStage,
    cleanup: async (world) => {
      await world.query("drop table newer");
      await unlock(world);
    },
    note: "the rollback stops the redeployment after three stopped tasks; the stage is frozen with the reason, the last lines of the log and the release that still serves",
  },
  {
    what: "the control plane is killed (kill -9)",
    where: "Build",
    files: () => slowBuild("sleep 3"),
    during: async (world, commit) => {
      await world.until("the build runs", async () =>
        (await world.buildPhase(commit)) === "BUILD" ? true : undefined,
      );
      await killControlPlane(world);
      await world.finished(commit);
      const builds = await world.builds(commit);
      if (builds !== 1) throw new Error(`the commit was built ${builds} times`);
      return undefined;
    },
    ...good,
    note: "the same build continues",
  },
  {
    what: "the control plane is killed (kill -9)",
    where: "Migrate",
    files: () =>
      migration("0006_killed", "select pg_sleep(3);\n--> statement-breakpoint\ncreate table killed (id int);"),
    during: async (world, commit) => {
      const asleep = "select 1 from pg_stat_activity where query like '%pg_sleep(3)%' and pid <> pg_backend_pid()";
      await world.until("the migration runs", async () => ((await world.query(asleep)).length > 0 ? true : undefined));
      await killControlPlane(world);
      await world.finished(commit);
      const applied = await world.query("select 1 from drizzle.__drizzle_migrations where created_at = 1006");
      if (applied.length !== 1) throw new Error(`the migration was recorded ${applied.length} times`);
      return undefined;
    },
    ...good,
    note: "the same migration continues and is applied once",
  },
  {
    what: "the control plane is killed (kill -9)",
    where: "Snapshot",
    files: () => migration("0007_snapshot", "create table snapshot_killed (id int);"),
    before: (world) => blockSnapshots(world, true),
    during: async (world, commit) => {
      const first = await world.until("the snapshot is being taken", async () => {
        const { snapshot } = (await world.record(commit)) ?? {};
        return snapshot && (await world.snapshotStatus(snapshot.id)) === "creating" ? snapshot : undefined;
      });
      world.stage.kill();
      await blockSnapshots(world, false); // before the start, which follows the deployment to its end
      const { exitCode, stderr } = await world.stage.up();
      if (exitCode !== 0) throw new Error(`The control plane did not restart: ${stderr}`);
      await world.finished(commit);
      const taken = (await world.record(commit))?.snapshot?.id;
      if (taken === first.id) throw new Error(`the failed snapshot ${first.id} was used`);
      return undefined;
    },
    ...good,
    cleanup: (world) => blockSnapshots(world, false),
    note: "the interrupted snapshot has failed; the step takes another",
  },
  {
    what: "the control plane is killed during the rollback (kill -9)",
    where: "Restore traffic",
    files: (world) => withBehavior({ health: "errors when probed", productionHost: productionHost(world) }),
    during: async (world, commit) => {
      const id = await world.until("the rollback begins", async () => (await world.record(commit))?.rollback?.id);
      const began = Date.now();
      await killControlPlane(world);
      await world.rollback(id);
      return began;
    },
    ...rolledBack,
    error: "ProbeFailed",
    redrive: { status: "failed", error: "ProbeFailed" },
  },
];
