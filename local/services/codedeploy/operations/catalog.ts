import { noConfig } from "../errors.ts";
import { describeApplication, describeConfig, describeGroup } from "../describe.ts";
import { page } from "../page.ts";
import { applicationNamed, groupNamed, type CodeDeployOperations, type OperationParts } from "./parts.ts";

/** What the template made. */
export function catalogOperations(parts: OperationParts) {
  const { store } = parts;
  return {
    getApplication: ({ applicationName }) => ({
      application: describeApplication(applicationNamed(parts, applicationName)),
    }),
    listApplications({ nextToken }) {
      const { items, next } = page(store.applications.list(), nextToken);
      return { applications: items.map(({ name }) => name), ...next };
    },
    getDeploymentGroup: ({ applicationName, deploymentGroupName }) => ({
      deploymentGroupInfo: describeGroup(store, groupNamed(parts, applicationName, deploymentGroupName)),
    }),
    listDeploymentGroups({ applicationName, nextToken }) {
      applicationNamed(parts, applicationName);
      const { items, next } = page(store.groups.list(`${applicationName}/`), nextToken);
      return { applicationName, deploymentGroups: items.map(({ name }) => name), ...next };
    },
    getDeploymentConfig({ deploymentConfigName }) {
      const config = store.config(deploymentConfigName);
      if (!config) throw noConfig(deploymentConfigName);
      return { deploymentConfigInfo: describeConfig(config) };
    },
    listDeploymentConfigs({ nextToken }) {
      const { items, next } = page(store.configs(), nextToken);
      return { deploymentConfigsList: items.map(({ name }) => name), ...next };
    },
  } satisfies CodeDeployOperations;
}
