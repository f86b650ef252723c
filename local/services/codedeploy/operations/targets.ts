import type { Deps } from "../deps.ts";
import { describeTarget, targetIdOf } from "../describe.ts";
import { fault } from "../faults.ts";
import { findDeployment } from "../lookup.ts";
import type { Operations } from "../reads.ts";
import type { DeploymentRecord } from "../store.ts";

/** A deployment to ECS has one target, its service. */
export function targetOperations(deps: Deps) {
  const { cloud } = deps;
  return {
    listDeploymentTargets: ({ deploymentId }) => ({ targetIds: [targetIdOf(startedDeployment(deps, deploymentId))] }),
    getDeploymentTarget({ deploymentId, targetId }) {
      const deployment = startedDeployment(deps, deploymentId);
      requireTarget(deployment, targetId);
      return { deploymentTarget: describeTarget(cloud, deployment) };
    },
    batchGetDeploymentTargets({ deploymentId, targetIds }) {
      const deployment = startedDeployment(deps, deploymentId);
      for (const targetId of targetIds) requireTarget(deployment, targetId);
      return { deploymentTargets: targetIds.map(() => describeTarget(cloud, deployment)) };
    },
  } satisfies Partial<Operations>;
}

function startedDeployment(deps: Deps, id: string): DeploymentRecord {
  const deployment = findDeployment(deps, id);
  if (deployment.startedAt !== undefined) return deployment;
  throw fault("DeploymentNotStartedException", `The deployment ${id} has not started.`);
}

function requireTarget(deployment: DeploymentRecord, targetId: string): void {
  if (targetId === targetIdOf(deployment)) return;
  throw fault(
    "DeploymentTargetDoesNotExistException",
    `The deployment ${deployment.id} has no target ${targetId}. Its target is ${targetIdOf(deployment)}.`,
  );
}
