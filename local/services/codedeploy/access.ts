import type { AccessRules, Cloud } from "#local/cloud/index.ts";
import { arnOf } from "./events.ts";
import type { CodeDeployStore } from "./store.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html */
export function createAccess(cloud: Cloud, store: CodeDeployStore): AccessRules<"codedeploy"> {
  const onApplication = ({ applicationName: name = "*" }: { applicationName?: string | undefined }) => ({
    resources: [arnOf.application(cloud, name)],
  });
  const onGroup = (input: { applicationName?: string | undefined; deploymentGroupName?: string | undefined }) => ({
    resources: [arnOf.group(cloud, input.applicationName ?? "*", input.deploymentGroupName ?? "*")],
  });
  // A deployment that is not there is not somebody's: whoever asks is told that it does not exist.
  const groupsOf = (ids: readonly string[]) => ({
    resources: ids.flatMap((id) => {
      const found = store.deployments.get(id);
      return found ? [arnOf.group(cloud, found.application, found.group)] : [];
    }),
  });
  const onDeployment = ({ deploymentId: id }: { deploymentId?: string | undefined }) => groupsOf(id ? [id] : []);
  return {
    getApplication: onApplication,
    listDeploymentGroups: onApplication,
    getDeploymentGroup: onGroup,
    getDeploymentConfig: ({ deploymentConfigName }) => ({ resources: [arnOf.config(cloud, deploymentConfigName)] }),
    createDeployment: onGroup,
    listDeployments: onGroup,
    getDeployment: onDeployment,
    batchGetDeployments: ({ deploymentIds }) => groupsOf(deploymentIds),
    stopDeployment: onDeployment,
    continueDeployment: onDeployment,
    putLifecycleEventHookExecutionStatus: onDeployment,
    listDeploymentTargets: onDeployment,
    getDeploymentTarget: onDeployment,
    batchGetDeploymentTargets: onDeployment,
  };
}
