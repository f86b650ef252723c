import type {
  DeploymentConfigInfo,
  DeploymentGroupInfo,
  DeploymentInfo,
  DeploymentTarget,
  ECSTaskSet,
  LifecycleEvent,
} from "@aws-sdk/client-codedeploy";
import type { Cloud } from "#local/cloud/index.ts";
import { createHash } from "node:crypto";
import { groupArn } from "./events.ts";
import type { DeploymentConfig } from "./routing.ts";
import type {
  ApplicationRecord,
  CodeDeployStore,
  DeploymentRecord,
  GroupRecord,
  GroupSettings,
  LifecycleEventRecord,
} from "./store.ts";

const style = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } as const;
const computePlatform = "ECS" as const;

const date = (at: number | undefined) => (at === undefined ? undefined : new Date(at));

export const describeApplication = ({ name, id, createdAt }: ApplicationRecord) => ({
  applicationId: id,
  applicationName: name,
  createTime: new Date(createdAt),
  linkedToGitHub: false,
  computePlatform,
});

export function describeConfig({ name, id, createdAt, routing }: DeploymentConfig): DeploymentConfigInfo {
  return {
    deploymentConfigId: id,
    deploymentConfigName: name,
    createTime: new Date(createdAt),
    computePlatform,
    trafficRoutingConfig: {
      type: routing.type,
      timeBasedCanary:
        routing.type === "TimeBasedCanary"
          ? { canaryPercentage: routing.percentage, canaryInterval: routing.minutes }
          : undefined,
      timeBasedLinear:
        routing.type === "TimeBasedLinear"
          ? { linearPercentage: routing.percentage, linearInterval: routing.minutes }
          : undefined,
    },
  };
}

export function describeGroup(store: CodeDeployStore, group: GroupRecord): DeploymentGroupInfo {
  const deployments = store.deploymentsOf(group.application, group.name);
  const last = (deployment: DeploymentRecord | undefined) =>
    deployment && {
      deploymentId: deployment.id,
      status: deployment.status,
      createTime: new Date(deployment.createdAt),
      endTime: date(deployment.completedAt),
    };
  return {
    applicationName: group.application,
    deploymentGroupId: group.id,
    deploymentGroupName: group.name,
    deploymentConfigName: group.configName,
    serviceRoleArn: group.serviceRoleArn,
    triggerConfigurations: [],
    computePlatform,
    ecsServices: [{ clusterName: group.cluster, serviceName: group.service }],
    lastSuccessfulDeployment: last(deployments.find(({ status }) => status === "Succeeded")),
    lastAttemptedDeployment: last(deployments[0]),
    alarmConfiguration: group.alarms,
    ...describeSettings(group),
  };
}

function describeSettings(settings: GroupSettings) {
  const { rollbackEvents, targetGroupNames, testListenerArn, readyMinutes, terminationMinutes } = settings;
  return {
    autoRollbackConfiguration: { enabled: rollbackEvents.length > 0, events: rollbackEvents },
    deploymentStyle: style,
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: {
        action: "TERMINATE" as const,
        terminationWaitTimeInMinutes: terminationMinutes,
      },
      deploymentReadyOption: {
        actionOnTimeout: readyMinutes > 0 ? ("STOP_DEPLOYMENT" as const) : ("CONTINUE_DEPLOYMENT" as const),
        waitTimeInMinutes: readyMinutes,
      },
    },
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: targetGroupNames.map((name) => ({ name })),
          prodTrafficRoute: { listenerArns: [settings.productionListenerArn] },
          testTrafficRoute: testListenerArn === undefined ? undefined : { listenerArns: [testListenerArn] },
        },
      ],
    },
  };
}

export function describeDeployment(deployment: DeploymentRecord): DeploymentInfo {
  const { ending, overrideAlarms, content } = deployment;
  return {
    applicationName: deployment.application,
    deploymentGroupName: deployment.group,
    deploymentConfigName: deployment.config.name,
    deploymentId: deployment.id,
    revision: {
      revisionType: "AppSpecContent",
      appSpecContent: { content, sha256: createHash("sha256").update(content).digest("hex") },
    },
    status: deployment.status,
    createTime: new Date(deployment.createdAt),
    startTime: date(deployment.startedAt),
    completeTime: date(deployment.completedAt),
    deploymentOverview: overview(deployment),
    description: deployment.description,
    creator: deployment.creator,
    ignoreApplicationStopFailures: false,
    updateOutdatedInstancesOnly: false,
    rollbackInfo: describeRollback(deployment),
    instanceTerminationWaitTimeStarted: deployment.terminateAt !== undefined,
    fileExistsBehavior: "DISALLOW",
    deploymentStatusMessages: [],
    computePlatform,
    errorInformation:
      ending && deployment.completedAt !== undefined ? { code: ending.code, message: ending.message } : undefined,
    overrideAlarmConfiguration: overrideAlarms,
    ...describeSettings(deployment.settings),
  };
}

function describeRollback({ rollbackOf, rolledBackBy, ending, completedAt }: DeploymentRecord) {
  if (rollbackOf !== undefined) return { rollbackTriggeringDeploymentId: rollbackOf };
  if (rolledBackBy !== undefined) {
    const rollbackMessage = `Rolled back by deployment ${rolledBackBy}.`;
    return { rollbackDeploymentId: rolledBackBy, rollbackMessage };
  }
  if (!ending || completedAt === undefined) return undefined;
  const nothing = "There was nothing to roll back: no replacement task set had been created.";
  return {
    rollbackMessage: ending.rollback
      ? nothing
      : "The deployment was not rolled back: automatic rollback is disabled for this cause.",
  };
}

type Overview = "Pending" | "InProgress" | "Ready" | "Succeeded" | "Failed" | "Skipped";

function overview(deployment: DeploymentRecord) {
  const counts = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0 };
  counts[targetStatus(deployment)] = 1;
  return counts;
}

/** as AWS: the target has succeeded when the termination wait of blue begins, long before the deployment. */
function targetStatus({ status, terminateAt, ending }: DeploymentRecord): Overview {
  if (terminateAt !== undefined && ending === undefined) return "Succeeded";
  if (status === "Created") return "Pending";
  return status === "Stopped" ? "Skipped" : status;
}

export const targetIdOf = ({ settings }: DeploymentRecord): string => `${settings.cluster}:${settings.service}`;

export function describeTarget(cloud: Cloud, deployment: DeploymentRecord): DeploymentTarget {
  const { id, events, createdAt, settings } = deployment;
  const times = events.flatMap(({ startedAt = 0, endedAt = 0 }) => [startedAt, endedAt]);
  return {
    deploymentTargetType: "ECSTarget",
    ecsTarget: {
      deploymentId: id,
      targetId: targetIdOf(deployment),
      targetArn: `${groupArn(cloud, deployment)}/${settings.cluster}:${settings.service}`,
      lastUpdatedAt: new Date(Math.max(createdAt, ...times)),
      lifecycleEvents: events.map((event) => describeEvent(event, deployment)),
      status: targetStatus(deployment),
      taskSetsInfo: describeTaskSets(deployment),
    },
  };
}

function describeEvent(event: LifecycleEventRecord, { spec }: DeploymentRecord): LifecycleEvent {
  const { name, status, startedAt, endedAt, message } = event;
  const scriptName = spec.hooks[name];
  return {
    lifecycleEventName: name,
    status,
    startTime: date(startedAt),
    endTime: date(endedAt),
    diagnostics:
      status === "Failed"
        ? { errorCode: scriptName === undefined ? "UnknownError" : "ScriptFailed", message: message ?? "", scriptName }
        : undefined,
  };
}

/** From the record; task counts are in ECS only. */
function describeTaskSets({ blue, green, percent, greenIsPrimary, completedAt, status, rollbackOf }: DeploymentRecord) {
  const isBlueDeleted = status === "Succeeded" && rollbackOf === undefined;
  const sets: ECSTaskSet[] = [];
  if (blue && !isBlueDeleted)
    sets.push({
      identifer: blue.id,
      status: greenIsPrimary ? "ACTIVE" : "PRIMARY",
      trafficWeight: 100 - percent,
      targetGroup: { name: nameOfTargetGroup(blue.targetGroupArn) },
      taskSetLabel: "Blue",
    });
  if (green && !(completedAt !== undefined && rollbackOf !== undefined))
    sets.push({
      identifer: green.id,
      status: greenIsPrimary ? "PRIMARY" : "ACTIVE",
      trafficWeight: percent,
      targetGroup: { name: nameOfTargetGroup(green.targetGroupArn) },
      taskSetLabel: "Green",
    });
  return sets;
}

const nameOfTargetGroup = (arn: string) => arn.split("/")[1] ?? arn;
