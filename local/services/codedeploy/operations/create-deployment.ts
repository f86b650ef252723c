import type { AutoRollbackConfiguration, RevisionLocation } from "@aws-sdk/client-codedeploy";
import { parseAppSpec } from "../app-spec.ts";
import type { Deps } from "../deps.ts";
import { fault, invalidRevision } from "../faults.ts";
import { findConfig, findGroup } from "../lookup.ts";
import type { Input } from "../reads.ts";
import { newDeploymentId, newEvents } from "../recorder.ts";
import { isOver, type DeploymentRecord, type GroupRecord } from "../store.ts";

export function createDeployment(deps: Deps, input: Input<"createDeployment">): { deploymentId: string } {
  const deployment = newDeployment(deps, input);
  deps.engine.begin(deployment);
  return { deploymentId: deployment.id };
}

function newDeployment(deps: Deps, input: Input<"createDeployment">): DeploymentRecord {
  const { cloud } = deps;
  const group = groupOf(deps, input);
  const content = contentOf(input.revision);
  const { application, name, configName, id: groupId, ...settings } = group;
  const config = findConfig(deps, input.deploymentConfigName ?? configName);
  const spec = parseAppSpec(content);
  requireIdle(deps, group);
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

function groupOf(deps: Deps, { applicationName, deploymentGroupName }: Input<"createDeployment">): GroupRecord {
  if (deploymentGroupName !== undefined) return findGroup(deps, applicationName, deploymentGroupName);
  throw fault("DeploymentGroupNameRequiredException", "Deployment Group name is missing");
}

function contentOf(revision: RevisionLocation | undefined): string {
  if (!revision) throw fault("RevisionRequiredException", "Revision is missing");
  const { revisionType, appSpecContent } = revision;
  if (revisionType !== "AppSpecContent")
    throw invalidRevision(
      `The revision type ${revisionType} is not supported by the local cloud. Fix: use AppSpecContent.`,
    );
  if (appSpecContent?.content) return appSpecContent.content;
  throw invalidRevision("The revision has no appSpecContent.content.");
}

function rollbackEvents(configuration: AutoRollbackConfiguration | undefined) {
  if (!configuration) return undefined;
  return configuration.enabled ? (configuration.events ?? []) : [];
}

/** as AWS: one deployment at a time; one that only waits to terminate blue is still active. */
function requireIdle({ store }: Deps, { application, name }: GroupRecord): void {
  const active = store.deploymentsOf(application, name).find((deployment) => !isOver(deployment));
  if (!active) return;
  throw fault(
    "DeploymentLimitExceededException",
    `The Deployment Group '${name}' already has an active Deployment '${active.id}'`,
  );
}
