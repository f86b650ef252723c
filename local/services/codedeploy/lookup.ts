import type { Deps } from "./deps.ts";
import { fault } from "./faults.ts";
import type { DeploymentConfig } from "./routing.ts";
import { groupKey, type ApplicationRecord, type DeploymentRecord, type GroupRecord } from "./store.ts";

export function findApplication({ store }: Deps, name: string): ApplicationRecord {
  const application = store.applications.get(name);
  if (application) return application;
  throw fault("ApplicationDoesNotExistException", `No application found for name: ${name}`);
}

export function findGroup(deps: Deps, application: string, name: string): GroupRecord {
  findApplication(deps, application);
  const group = deps.store.groups.get(groupKey(application, name));
  if (group) return group;
  throw fault("DeploymentGroupDoesNotExistException", `No Deployment Group found for name: ${name}`);
}

export function findConfig({ store }: Deps, name: string): DeploymentConfig {
  const config = store.config(name);
  if (config) return config;
  throw fault("DeploymentConfigDoesNotExistException", `No Deployment Configuration found for name: ${name}`);
}

export function findDeployment({ store }: Deps, id: string): DeploymentRecord {
  const deployment = store.deployments.get(id);
  if (deployment) return deployment;
  throw fault("DeploymentDoesNotExistException", `The deployment ${id} could not be found`);
}
