import type { Deps } from "../deps.ts";
import { describeApplication, describeConfig, describeGroup } from "../describe.ts";
import { findApplication, findConfig, findGroup } from "../lookup.ts";
import type { Operations } from "../reads.ts";

/** Applications, deployment groups and deployment configurations, which come from templates only. */
export const catalogOperations = (deps: Deps) =>
  ({
    getApplication: ({ applicationName }) => ({
      application: describeApplication(findApplication(deps, applicationName)),
    }),
    listApplications: () => ({ applications: deps.store.applications.keys() }),
    getDeploymentGroup: ({ applicationName, deploymentGroupName }) => ({
      deploymentGroupInfo: describeGroup(deps.store, findGroup(deps, applicationName, deploymentGroupName)),
    }),
    listDeploymentGroups({ applicationName }) {
      findApplication(deps, applicationName);
      const groups = deps.store.groups.list(`${applicationName}/`);
      return { applicationName, deploymentGroups: groups.map(({ name }) => name) };
    },
    getDeploymentConfig: ({ deploymentConfigName }) => ({
      deploymentConfigInfo: describeConfig(findConfig(deps, deploymentConfigName)),
    }),
    listDeploymentConfigs: () => ({ deploymentConfigsList: deps.store.configs().map(({ name }) => name) }),
  }) satisfies Partial<Operations>;
