import type { DeclaredInput, Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  getApplication: ["applicationName"],
  listApplications: [],
  getDeploymentGroup: ["applicationName", "deploymentGroupName"],
  listDeploymentGroups: ["applicationName"],
  getDeploymentConfig: ["deploymentConfigName"],
  listDeploymentConfigs: [],
  createDeployment: [
    "applicationName",
    "deploymentGroupName",
    "revision",
    "deploymentConfigName",
    "description",
    "autoRollbackConfiguration",
    "overrideAlarmConfiguration",
  ],
  getDeployment: ["deploymentId"],
  batchGetDeployments: ["deploymentIds"],
  listDeployments: ["applicationName", "deploymentGroupName", "includeOnlyStatuses", "createTimeRange"],
  stopDeployment: ["deploymentId", "autoRollbackEnabled"],
  continueDeployment: ["deploymentId", "deploymentWaitType"],
  putLifecycleEventHookExecutionStatus: ["deploymentId", "lifecycleEventHookExecutionId", "status"],
  listDeploymentTargets: ["deploymentId"],
  getDeploymentTarget: ["deploymentId", "targetId"],
  batchGetDeploymentTargets: ["deploymentId", "targetIds"],
} as const satisfies Reads<"codedeploy">;

export const inert = {
  // They are for EC2.
  createDeployment: [{ ignoreApplicationStopFailures: [false], updateOutdatedInstancesOnly: [false] }],
} as const satisfies Inert<"codedeploy">;

export type Operations = OperationsOf<"codedeploy", typeof reads>;
export type Input<N extends keyof typeof reads> = DeclaredInput<"codedeploy", typeof reads, N>;
