import type { AccessRules } from "#local/cloud/index.ts";
import { groupResource } from "./events.ts";
import type { CodeDeployStore } from "./store.ts";

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
  return {
    getApplication: application,
    listDeploymentGroups: application,
    getDeploymentGroup: group,
    getDeploymentConfig: "deploymentconfig:{deploymentConfigName}",
    createDeployment: group,
    listDeployments: group,
    getDeployment: ({ deploymentId: id }) => groupsOf(id ? [id] : []),
    batchGetDeployments: ({ deploymentIds }) => groupsOf(deploymentIds),
    // The other actions on a deployment have no resource type.
  };
}
