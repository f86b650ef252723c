import { DeploymentNotStartedException, DeploymentTargetDoesNotExistException } from "@aws-sdk/client-codedeploy";
import { describeTarget, targetIdOf } from "../describe.ts";
import type { DeploymentRecord } from "../store.ts";
import { deploymentWith, type CodeDeployOperations, type OperationParts } from "./parts.ts";

/** A deployment to ECS has one target, its service. */
export function targetOperations(parts: OperationParts) {
  const { cloud } = parts;
  return {
    listDeploymentTargets: ({ deploymentId }) => ({ targetIds: [targetIdOf(startedDeployment(parts, deploymentId))] }),
    getDeploymentTarget({ deploymentId, targetId }) {
      const deployment = startedDeployment(parts, deploymentId);
      requireTarget(deployment, targetId);
      return { deploymentTarget: describeTarget(cloud, deployment) };
    },
    batchGetDeploymentTargets({ deploymentId, targetIds }) {
      const deployment = startedDeployment(parts, deploymentId);
      for (const targetId of targetIds) requireTarget(deployment, targetId);
      return { deploymentTargets: targetIds.map(() => describeTarget(cloud, deployment)) };
    },
  } satisfies CodeDeployOperations;
}

function startedDeployment(parts: OperationParts, id: string): DeploymentRecord {
  const deployment = deploymentWith(parts, id);
  if (deployment.startedAt !== undefined) return deployment;
  throw new DeploymentNotStartedException({ message: `The deployment ${id} has not started.`, $metadata: {} });
}

function requireTarget(deployment: DeploymentRecord, targetId: string): void {
  if (targetId === targetIdOf(deployment)) return;
  const message = `The deployment ${deployment.id} has no target ${targetId}; it has ${targetIdOf(deployment)}.`;
  throw new DeploymentTargetDoesNotExistException({ message, $metadata: {} });
}
