import type { Cloud, Operations } from "#local/cloud/index.ts";
import type { Engine } from "../engine.ts";
import { noApplication, noDeployment, noGroup } from "../errors.ts";
import {
  groupKey,
  type ApplicationRecord,
  type CodeDeployStore,
  type DeploymentRecord,
  type GroupRecord,
} from "../store.ts";

export type CodeDeployOperations = Operations<"codedeploy">;

export interface OperationParts {
  cloud: Cloud;
  store: CodeDeployStore;
  engine: Engine;
}

export function applicationNamed({ store }: OperationParts, name: string): ApplicationRecord {
  const found = store.applications.get(name);
  if (found) return found;
  throw noApplication(name);
}

export function groupNamed(parts: OperationParts, application: string, name: string): GroupRecord {
  applicationNamed(parts, application);
  const found = parts.store.groups.get(groupKey(application, name));
  if (found) return found;
  throw noGroup(name);
}

export function deploymentWith({ store }: OperationParts, id: string): DeploymentRecord {
  const found = store.deployments.get(id);
  if (found) return found;
  throw noDeployment(id);
}
