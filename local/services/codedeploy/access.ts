import type { AccessRule, AccessRules } from "#local/cloud/index.ts";
import { groupResource } from "./events.ts";
import { type CodeDeployStore, groupKey } from "./store.ts";

const application = "application:{applicationName}";
const group = "deploymentgroup:{applicationName}/{deploymentGroupName}";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html */
export function createAccess(store: CodeDeployStore): AccessRules<"codedeploy"> {
  // A deployment that does not exist belongs to no group: every caller gets DeploymentDoesNotExist.
  const groupsOf = (ids: readonly string[]) => ({
    resources: ids.flatMap((id) => {
      const deployment = store.deployments.get(id);
      return deployment ? [groupResource(deployment)] : [];
    }),
  });
  // as AWS: https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html
  const createDeployment: AccessRule<"codedeploy", "createDeployment"> = (input) => {
    const { applicationName, deploymentGroupName: name = "*", overrideAlarmConfiguration: alarms } = input;
    const { configName = "*" } = store.groups.get(groupKey(applicationName, name)) ?? {};
    const on = `deploymentgroup:${applicationName}/${name}`;
    const also = (action: string, resource: string) => ({ action: `codedeploy:${action}`, resources: [resource] });
    return {
      resources: [on],
      also: [
        also("RegisterApplicationRevision", `application:${applicationName}`),
        also("GetApplicationRevision", `application:${applicationName}`),
        also("GetDeploymentConfig", `deploymentconfig:${input.deploymentConfigName ?? configName}`),
        ...(alarms ? [also("UpdateDeploymentGroup", on)] : []),
      ],
    };
  };
  return {
    getApplication: application,
    listDeploymentGroups: application,
    getDeploymentGroup: group,
    getDeploymentConfig: "deploymentconfig:{deploymentConfigName}",
    createDeployment,
    listDeployments: group,
    getDeployment: ({ deploymentId: id }) => groupsOf(id ? [id] : []),
    batchGetDeployments: ({ deploymentIds }) => groupsOf(deploymentIds),
    // The other actions on a deployment have no resource type.
  };
}
