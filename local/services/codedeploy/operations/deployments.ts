import {
  BatchLimitExceededException,
  DeploymentIdRequiredException,
  DeploymentIsNotInReadyStateException,
  InvalidLifecycleEventHookExecutionIdException,
  InvalidLifecycleEventHookExecutionStatusException,
  LifecycleEventAlreadyCompletedException,
} from "@aws-sdk/client-codedeploy";
import { alreadyCompleted, unsupported } from "../errors.ts";
import { describeDeployment } from "../describe.ts";
import { page } from "../page.ts";
import { isOver, type DeploymentRecord } from "../store.ts";
import { createDeployment } from "./create-deployment.ts";
import { deploymentWith, groupNamed, type CodeDeployOperations, type OperationParts } from "./parts.ts";

const largestBatch = 25;
const $metadata = {};

export const deploymentOperations = (parts: OperationParts) => ({
  ...readOperations(parts),
  ...writeOperations(parts),
});

function readOperations(parts: OperationParts) {
  const { store } = parts;
  return {
    getDeployment: ({ deploymentId }) => ({ deploymentInfo: describeDeployment(deploymentWith(parts, deploymentId)) }),
    batchGetDeployments({ deploymentIds }) {
      if (deploymentIds.length > largestBatch)
        throw new BatchLimitExceededException({ message: `At most ${largestBatch} deployments at once.`, $metadata });
      const found = deploymentIds.map((id) => store.deployments.get(id)).filter((each) => each !== undefined);
      return { deploymentsInfo: found.map(describeDeployment) };
    },
    listDeployments({ applicationName, deploymentGroupName, includeOnlyStatuses, createTimeRange, nextToken }) {
      if (applicationName !== undefined && deploymentGroupName !== undefined)
        groupNamed(parts, applicationName, deploymentGroupName);
      const { start, end } = createTimeRange ?? {};
      const found = store.deployments
        .list()
        .filter(({ application }) => applicationName === undefined || application === applicationName)
        .filter(({ group }) => deploymentGroupName === undefined || group === deploymentGroupName)
        .filter(({ status }) => !includeOnlyStatuses?.length || includeOnlyStatuses.includes(status))
        .filter(({ createdAt }) => createdAt >= (start?.getTime() ?? 0) && createdAt <= (end?.getTime() ?? Infinity))
        .sort((a, b) => b.createdAt - a.createdAt);
      const { items, next } = page(found, nextToken);
      return { deployments: items.map(({ id }) => id), ...next };
    },
  } satisfies CodeDeployOperations;
}

function writeOperations(parts: OperationParts) {
  const { engine } = parts;
  return {
    createDeployment: (input) => createDeployment(parts, input),
    stopDeployment({ deploymentId, autoRollbackEnabled }) {
      const deployment = deploymentWith(parts, deploymentId);
      requireStoppable(deployment);
      const message = "The deployment was stopped by a user.";
      engine.ledger.fail(deploymentId, { status: "Stopped", code: "MANUAL_STOP", message }, autoRollbackEnabled);
      engine.wake(deploymentId);
      return { status: "Pending", statusMessage: "The deployment is being stopped." };
    },
    continueDeployment({ deploymentId, deploymentWaitType = "READY_WAIT" }) {
      const deployment = deploymentWith(parts, requiredId(deploymentId));
      requireOpen(deployment);
      if (deploymentWaitType === "READY_WAIT") continueReady(parts, deployment);
      else endTerminationWait(parts, deployment);
      engine.wake(deployment.id);
      return {};
    },
    putLifecycleEventHookExecutionStatus({ deploymentId, lifecycleEventHookExecutionId, status = "Unknown" }) {
      const deployment = deploymentWith(parts, requiredId(deploymentId));
      const event = deployment.events.find(({ hookExecutionId: id }) => id && id === lifecycleEventHookExecutionId);
      if (!event) throw invalidExecution(`No hook of ${deployment.id} runs as ${lifecycleEventHookExecutionId}.`);
      if (status !== "Succeeded" && status !== "Failed")
        throw new InvalidLifecycleEventHookExecutionStatusException({
          message: `A hook reports Succeeded or Failed, not ${status}.`,
          $metadata,
        });
      if (event.status !== "InProgress")
        throw new LifecycleEventAlreadyCompletedException({
          message: `${event.name} of ${deployment.id} has already ended as ${event.status}.`,
          $metadata,
        });
      const message = status === "Failed" ? `${deployment.spec.hooks[event.name]} reported Failed.` : undefined;
      engine.ledger.updateEvent(deployment.id, event.name, { status, message, endedAt: parts.cloud.clock.now() });
      engine.wake(deployment.id);
      return { lifecycleEventHookExecutionId };
    },
  } satisfies CodeDeployOperations;
}

function requiredId(id: string | undefined): string {
  if (id) return id;
  throw new DeploymentIdRequiredException({ message: "Deployment ID is missing", $metadata });
}

const invalidExecution = (message: string) => new InvalidLifecycleEventHookExecutionIdException({ message, $metadata });

function requireOpen(deployment: DeploymentRecord): void {
  const { id, status, ending } = deployment;
  if (isOver(deployment)) throw alreadyCompleted(`The deployment ${id} has already ended as ${status}.`);
  if (ending) throw alreadyCompleted(`The deployment ${id} is ending as ${ending.status}.`);
}

function requireStoppable(deployment: DeploymentRecord): void {
  const { id, status, isTerminating, rollbackOf } = deployment;
  if (isOver(deployment)) throw alreadyCompleted(`The deployment ${id} has already ended as ${status}.`);
  if (isTerminating) throw alreadyCompleted(`The original task set of the deployment ${id} is already being deleted.`);
  if (rollbackOf !== undefined) throw unsupported(`The deployment ${id} is a rollback: it cannot be stopped.`);
}

function continueReady({ engine }: OperationParts, { id, status }: DeploymentRecord): void {
  if (status !== "Ready") throw notWaiting(`The deployment ${id} does not wait for traffic to be rerouted.`);
  engine.ledger.update(id, () => ({ status: "InProgress", isContinued: true }));
}

function endTerminationWait({ cloud, engine }: OperationParts, deployment: DeploymentRecord): void {
  const { id, terminateAt, isTerminating } = deployment;
  if (terminateAt === undefined || isTerminating)
    throw notWaiting(`The deployment ${id} does not wait for the termination of its original task set.`);
  engine.ledger.update(id, () => ({ terminateAt: cloud.clock.now() }));
}

const notWaiting = (message: string) => new DeploymentIsNotInReadyStateException({ message, $metadata });
