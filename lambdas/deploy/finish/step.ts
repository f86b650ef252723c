import type { Deps } from "../../core/journal.ts";
import { freeLock, readLock, settleQueue } from "../../core/lock.ts";
import {
  currentRelease,
  deploymentKey,
  type DeploymentRecord,
  loadRelease,
  type ReleaseRecord,
} from "../../core/record.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import { type ServiceDeps, settleTaskCount } from "../../traffic/prepare-green.ts";

type FinishDeps = Deps & ServiceDeps;

/** Makes the release the last known good one, releases the lock and gives it to the next push. */
export function finish(deps: FinishDeps): Step {
  return { name: "Finish", observe: observeFinish(deps), act: (work) => finishDeployment(deps, work) };
}

function observeFinish({ table }: Deps) {
  return async ({ record }: Subject): Promise<Observation> => {
    if (record.status !== "succeeded") return { kind: "absent" };
    const { holder } = await readLock(table);
    return holder === record.execution ? { kind: "absent" } : { kind: "done" };
  };
}

/** The lock is released last, so that this can be run again wherever it was interrupted. */
async function finishDeployment(deps: FinishDeps, { record, execution, generation, ...work }: Work): Promise<Outcome> {
  const { table, clock } = deps;
  if (record.status !== "succeeded") {
    await work.holdLock();
    const current = await loadRelease(table);
    const now = clock.now().toISOString();
    const deployedAt = current?.deployment === record.deployment ? current.deployedAt : now;
    const release = releaseOf(record, deployedAt);
    await settleTaskCount(deps, release.taskDefinitionArn);
    await table.put({ ...currentRelease, ...release });
    await table.put({ pk: "release", sk: `${deployedAt}#${record.deployment}`, ...release });
    await table.patch(deploymentKey(record.deployment), { status: "succeeded", endedAt: now });
  }
  await freeLock(table, { execution, generation });
  await settleQueue(deps);
  return { kind: "done" };
}

function releaseOf(record: DeploymentRecord, deployedAt: string): ReleaseRecord {
  const { deployment, commit, previousCommit, pushedAt, image, taskDefinition } = record;
  if (!image || !taskDefinition) throw new Error(`Deployment ${deployment} has no image or task definition to release`);
  return {
    deployment,
    commit,
    previousCommit,
    pushedAt,
    imageUri: image.uri,
    imageDigest: image.digest,
    taskDefinitionArn: taskDefinition.arn,
    deployedAt,
    watchedPaths: image.watchedPaths,
  };
}
