import { freeLock, readLock, settleQueue } from "../../core/lock.ts";
import {
  currentRelease,
  deploymentKey,
  type DeploymentRecord,
  loadRelease,
  type ReleaseRecord,
} from "../../core/record.ts";
import type { Observation, Outcome, Ports, Step, Subject, Work } from "../../core/step.ts";

/** Makes the release the last known good one, gives the lock back and wakes the next push. */
export function finish(ports: Ports): Step {
  return { name: "Finish", observe: observeFinish(ports), act: (work) => close(ports, work) };
}

function observeFinish({ table }: Ports) {
  return async ({ record }: Subject): Promise<Observation> => {
    if (record.status !== "succeeded") return { kind: "absent" };
    const { holder } = await readLock(table);
    return holder === record.execution ? { kind: "absent" } : { kind: "done" };
  };
}

/** In this order, so that whatever interrupts it, running it again completes it: the lock is given back last. */
async function close(ports: Ports, { record, execution, generation, ...work }: Work): Promise<Outcome> {
  const { table, clock } = ports;
  if (record.status !== "succeeded") {
    await work.holdLock();
    const known = await loadRelease(table);
    const now = clock.now().toISOString();
    const deployedAt = known?.deployment === record.deployment ? known.deployedAt : now;
    const release = releaseOf(record, deployedAt);
    await table.put({ ...currentRelease, ...release });
    await table.put({ pk: "release", sk: `${deployedAt}#${record.deployment}`, ...release });
    await table.patch(deploymentKey(record.deployment), { status: "succeeded", endedAt: now });
  }
  await freeLock(table, { execution, generation });
  await settleQueue(ports);
  return { kind: "done" };
}

function releaseOf(record: DeploymentRecord, deployedAt: string): ReleaseRecord {
  const { deployment, commit, previousCommit, pushedAt, image, taskDefinition } = record;
  if (!image || !taskDefinition) throw new Error(`Deployment ${deployment} has no image or task definition to keep`);
  return {
    deployment,
    commit,
    previousCommit,
    pushedAt,
    imageUri: image.uri,
    imageDigest: image.digest,
    taskDefinitionArn: taskDefinition.arn,
    deployedAt,
  };
}
