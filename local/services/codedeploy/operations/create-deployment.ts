import {
  DeploymentGroupNameRequiredException,
  DeploymentLimitExceededException,
  RevisionRequiredException,
  type AutoRollbackConfiguration,
  type CreateDeploymentCommandInput,
  type RevisionLocation,
} from "@aws-sdk/client-codedeploy";
import type { OperationInput, Clients } from "#local/cloud/index.ts";
import { parseAppSpec } from "../app-spec.ts";
import { invalidRevision, noConfig, unsupported } from "../errors.ts";
import { newDeploymentId, newEvents } from "../ledger.ts";
import { isOver, type DeploymentRecord, type GroupRecord } from "../store.ts";
import { groupNamed, type OperationParts } from "./parts.ts";

type Input = OperationInput<Clients["codedeploy"], "createDeployment">;

// They are of the EC2 platform.
const foreign = [
  "targetInstances",
  "updateOutdatedInstancesOnly",
  "ignoreApplicationStopFailures",
  "fileExistsBehavior",
  "deploymentMode",
] as const satisfies (keyof CreateDeploymentCommandInput)[];

export function createDeployment(parts: OperationParts, input: Input): { deploymentId: string } {
  const { engine } = parts;
  const deployment = read(parts, input);
  engine.ledger.open(deployment);
  engine.drive(deployment.id);
  return { deploymentId: deployment.id };
}

function read(parts: OperationParts, input: Input): DeploymentRecord {
  const { cloud, store } = parts;
  const group = namedGroup(parts, input);
  const content = contentOf(input.revision);
  const strange = foreign.find((member) => input[member] !== undefined && input[member] !== false);
  if (strange) throw unsupported(`${strange} is not for deployments to Amazon ECS.`);
  const configName = input.deploymentConfigName ?? group.configName;
  const config = store.config(configName);
  if (!config) throw noConfig(configName);
  const spec = parseAppSpec(content);
  requireIdle(parts, group);
  const { application, name, configName: _given, id: groupId, ...settings } = group;
  return {
    id: newDeploymentId(cloud),
    application,
    group: name,
    groupId,
    settings: { ...settings, rollbackEvents: rollbackEvents(input.autoRollbackConfiguration) ?? group.rollbackEvents },
    config,
    content,
    spec,
    description: input.description,
    creator: "user",
    overrideAlarms: input.overrideAlarmConfiguration,
    status: "Created",
    createdAt: cloud.clock.now(),
    events: newEvents(),
    percent: 0,
    greenIsPrimary: false,
    isContinued: false,
    isTerminating: false,
    isTrafficBack: false,
  };
}

function namedGroup(parts: OperationParts, { applicationName, deploymentGroupName }: Input): GroupRecord {
  if (deploymentGroupName !== undefined) return groupNamed(parts, applicationName, deploymentGroupName);
  throw new DeploymentGroupNameRequiredException({ message: "Deployment Group name is missing", $metadata: {} });
}

function contentOf(revision: RevisionLocation | undefined): string {
  if (!revision) throw new RevisionRequiredException({ message: "Revision is missing", $metadata: {} });
  const { revisionType = "none", appSpecContent } = revision;
  if (revisionType !== "AppSpecContent")
    throw invalidRevision(`The revision type ${revisionType} is not run by the local cloud: AppSpecContent is.`);
  if (appSpecContent?.content) return appSpecContent.content;
  throw invalidRevision("The revision has no appSpecContent.content.");
}

export function rollbackEvents(given: AutoRollbackConfiguration | undefined) {
  if (!given) return undefined;
  return given.enabled ? (given.events ?? []) : [];
}

/** as AWS: one deployment at a time, and one that only waits to end blue counts too. */
function requireIdle({ store }: OperationParts, { application, name }: GroupRecord): void {
  const open = store.deploymentsOf(application, name).find((deployment) => !isOver(deployment));
  if (!open) return;
  const message = `The Deployment Group '${name}' already has an active Deployment '${open.id}'`;
  throw new DeploymentLimitExceededException({ message, $metadata: {} });
}
