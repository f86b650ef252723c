import type { Deps } from "../deps.ts";
import { describeDeployment } from "../describe.ts";
import { alreadyCompleted, fault } from "../faults.ts";
import { findDeployment, findGroup } from "../lookup.ts";
import type { Operations } from "../reads.ts";
import { isOver, type DeploymentRecord } from "../store.ts";
import { createDeployment } from "./create-deployment.ts";

const maxBatchSize = 25;

export const deploymentOperations = (deps: Deps) => ({ ...readOperations(deps), ...writeOperations(deps) });

function readOperations(deps: Deps) {
  const { store } = deps;
  return {
    getDeployment: ({ deploymentId }) => ({ deploymentInfo: describeDeployment(findDeployment(deps, deploymentId)) }),
    batchGetDeployments({ deploymentIds }) {
      if (deploymentIds.length > maxBatchSize)
        throw fault("BatchLimitExceededException", `At most ${maxBatchSize} deployments are allowed in one request.`);
      return {
        deploymentsInfo: deploymentIds.flatMap((id) => store.deployments.get(id) ?? []).map(describeDeployment),
      };
    },
    listDeployments({ applicationName, deploymentGroupName, includeOnlyStatuses, createTimeRange }) {
      if (applicationName !== undefined && deploymentGroupName !== undefined)
        findGroup(deps, applicationName, deploymentGroupName);
      const { start, end } = createTimeRange ?? {};
      const deployments = store.deployments
        .list()
        .filter(({ application }) => applicationName === undefined || application === applicationName)
        .filter(({ group }) => deploymentGroupName === undefined || group === deploymentGroupName)
        .filter(({ status }) => !includeOnlyStatuses?.length || includeOnlyStatuses.includes(status))
        .filter(({ createdAt }) => createdAt >= (start?.getTime() ?? 0) && createdAt <= (end?.getTime() ?? Infinity))
        .sort((a, b) => b.createdAt - a.createdAt);
      return { deployments: deployments.map(({ id }) => id) };
    },
  } satisfies Partial<Operations>;
}

function writeOperations(deps: Deps) {
  const { cloud, engine } = deps;
  return {
    createDeployment: (input) => createDeployment(deps, input),
    stopDeployment({ deploymentId, autoRollbackEnabled }) {
      requireStoppable(findDeployment(deps, deploymentId));
      const message = "The deployment was stopped by a user.";
      engine.recorder.fail(deploymentId, { status: "Stopped", code: "MANUAL_STOP", message }, autoRollbackEnabled);
      engine.wake(deploymentId);
      return { status: "Pending", statusMessage: "The deployment is being stopped." };
    },
    continueDeployment({ deploymentId, deploymentWaitType = "READY_WAIT" }) {
      const deployment = findDeployment(deps, requiredId(deploymentId));
      requireActive(deployment);
      if (deploymentWaitType === "READY_WAIT") continueReady(deps, deployment);
      else endTerminationWait(deps, deployment);
      engine.wake(deployment.id);
      return {};
    },
    putLifecycleEventHookExecutionStatus({
      deploymentId,
      lifecycleEventHookExecutionId: executionId,
      status = "Unknown",
    }) {
      const deployment = findDeployment(deps, requiredId(deploymentId));
      const event = deployment.events.find(({ hookExecutionId }) => hookExecutionId && hookExecutionId === executionId);
      if (!event)
        throw fault(
          "InvalidLifecycleEventHookExecutionIdException",
          `The deployment ${deployment.id} has no hook with the execution id ${executionId}.`,
        );
      if (status !== "Succeeded" && status !== "Failed")
        throw fault(
          "InvalidLifecycleEventHookExecutionStatusException",
          `A hook cannot report ${status}. Fix: report Succeeded or Failed.`,
        );
      if (event.status !== "InProgress")
        throw fault(
          "LifecycleEventAlreadyCompletedException",
          `${event.name} of ${deployment.id} has already ended as ${event.status}.`,
        );
      const message = status === "Failed" ? `${deployment.spec.hooks[event.name]} reported Failed.` : undefined;
      engine.recorder.updateEvent(deployment.id, event.name, { status, message, endedAt: cloud.clock.now() });
      engine.wake(deployment.id);
      return { lifecycleEventHookExecutionId: executionId };
    },
  } satisfies Partial<Operations>;
}

function requiredId(id: string | undefined): string {
  if (id) return id;
  throw fault("DeploymentIdRequiredException", "Deployment ID is missing");
}

function requireActive(deployment: DeploymentRecord): void {
  const { id, status, ending } = deployment;
  if (isOver(deployment)) throw alreadyCompleted(`The deployment ${id} has already ended as ${status}.`);
  if (ending) throw alreadyCompleted(`The deployment ${id} is ending as ${ending.status}.`);
}

function requireStoppable(deployment: DeploymentRecord): void {
  const { id, status, isTerminating, rollbackOf } = deployment;
  if (isOver(deployment)) throw alreadyCompleted(`The deployment ${id} has already ended as ${status}.`);
  if (isTerminating) throw alreadyCompleted(`The original task set of the deployment ${id} is already being deleted.`);
  if (rollbackOf !== undefined)
    throw fault(
      "UnsupportedActionForDeploymentTypeException",
      `The deployment ${id} is a rollback, which cannot be stopped.`,
    );
}

function continueReady({ engine }: Deps, { id, status }: DeploymentRecord): void {
  if (status !== "Ready") throw notReady(`The deployment ${id} is not waiting for traffic to be rerouted.`);
  engine.recorder.update(id, () => ({ status: "InProgress", isContinued: true }));
}

function endTerminationWait({ cloud, engine }: Deps, deployment: DeploymentRecord): void {
  const { id, terminateAt, isTerminating } = deployment;
  if (terminateAt === undefined || isTerminating)
    throw notReady(`The deployment ${id} is not waiting for the termination of its original task set.`);
  engine.recorder.update(id, () => ({ terminateAt: cloud.clock.now() }));
}

const notReady = (message: string) => fault("DeploymentIsNotInReadyStateException", message);
