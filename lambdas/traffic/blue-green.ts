import {
  BatchGetDeploymentsCommand,
  type CodeDeployClient,
  ContinueDeploymentCommand,
  CreateDeploymentCommand,
  type DeploymentInfo,
  ListDeploymentsCommand,
  type ListDeploymentsCommandInput,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import * as z from "zod/mini";
import { hasName } from "../core/errors.ts";
import type { DeploymentRecord } from "../core/record.ts";
import { idleGroupSettings } from "./contract.ts";
import { type IdleGroupDeps, prepareGreen, readRelease } from "./prepare-green.ts";

/** What a CodeDeploy deployment needs. */
export const blueGreenSettings = z.object({
  CODEDEPLOY_APPLICATION: z.string(),
  CODEDEPLOY_DEPLOYMENT_GROUP: z.string(),
  HOOK_FUNCTION_ARN: z.string(),
  ...idleGroupSettings.shape,
});
type AppSpecSettings = Pick<z.infer<typeof blueGreenSettings>, "CONTAINER_NAME" | "HOOK_FUNCTION_ARN">;
type Group = Pick<z.infer<typeof blueGreenSettings>, "CODEDEPLOY_APPLICATION" | "CODEDEPLOY_DEPLOYMENT_GROUP">;

interface GroupDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly settings: Group;
}

export interface BlueGreenDeps extends IdleGroupDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly settings: z.infer<typeof blueGreenSettings>;
}

interface NewDeployment {
  readonly taskDefinitionArn: string;
  readonly description: string;
  /** Shifts all traffic in one step. */
  readonly allAtOnce?: boolean;
  /** An alarm that is already in state ALARM must not stop it. */
  readonly ignoresAlarms?: boolean;
}

/** Deploys a release that has a task definition. `undefined` if the deployment group is busy: it runs one deployment at a time. */
export async function createDeployment(
  deps: BlueGreenDeps,
  { taskDefinitionArn, description, allAtOnce = false, ignoresAlarms = false }: NewDeployment,
): Promise<string | undefined> {
  const { codeDeploy, settings } = deps;
  if (await openDeployment(deps)) return undefined;
  const release = await readRelease(deps, taskDefinitionArn);
  await prepareGreen(deps, release);
  const content = appSpec(taskDefinitionArn, release.port, settings);
  try {
    const { deploymentId } = await codeDeploy.send(
      new CreateDeploymentCommand({
        applicationName: settings.CODEDEPLOY_APPLICATION,
        deploymentGroupName: settings.CODEDEPLOY_DEPLOYMENT_GROUP,
        revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
        description,
        ...(allAtOnce && { deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce" }),
        ...(ignoresAlarms && { overrideAlarmConfiguration: { enabled: false } }),
      }),
    );
    return deploymentId;
  } catch (error) {
    if (hasName(error, "DeploymentLimitExceededException")) return undefined;
    throw error;
  }
}

/** CodeDeploy reroutes traffic to blue and terminates green. A finished deployment is left as it is. */
export async function stopDeployment({ codeDeploy }: Pick<GroupDeps, "codeDeploy">, deploymentId: string) {
  try {
    await codeDeploy.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
  } catch (error) {
    if (!hasName(error, "DeploymentAlreadyCompletedException")) throw error;
  }
}

/** Terminates blue early, so that the deployment group is free. */
export async function endBake({ codeDeploy }: Pick<GroupDeps, "codeDeploy">, deploymentId: string): Promise<void> {
  try {
    await codeDeploy.send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: "TERMINATION_WAIT" }));
  } catch (error) {
    if (!hasName(error, "DeploymentAlreadyCompletedException", "DeploymentIsNotInReadyStateException")) throw error;
  }
}

/** The open deployment of the deployment group. */
export async function openDeployment(deps: GroupDeps): Promise<DeploymentInfo | undefined> {
  const includeOnlyStatuses = ["Created", "Queued", "InProgress", "Ready", "Baking"] as const;
  return (await findDeployments(deps, { includeOnlyStatuses: [...includeOnlyStatuses] }))[0];
}

/** The deployment that a step created, also if the response to its creation was lost. `startedAt` is when the work on it began, at the latest. */
export async function findByDescription(
  deps: GroupDeps,
  description: string,
  startedAt: string,
): Promise<DeploymentInfo | undefined> {
  const start = new Date(Date.parse(startedAt) - clockSkewMilliseconds);
  const deployments = await findDeployments(deps, { createTimeRange: { start } });
  return deployments.find((info) => info.description === description);
}

/** Between this function's clock and that of CodeDeploy. */
const clockSkewMilliseconds = 60_000;

async function findDeployments(
  { codeDeploy, settings }: GroupDeps,
  filter: Pick<ListDeploymentsCommandInput, "createTimeRange" | "includeOnlyStatuses">,
): Promise<DeploymentInfo[]> {
  const { deployments = [] } = await codeDeploy.send(
    new ListDeploymentsCommand({
      applicationName: settings.CODEDEPLOY_APPLICATION,
      deploymentGroupName: settings.CODEDEPLOY_DEPLOYMENT_GROUP,
      ...filter,
    }),
  );
  if (deployments.length === 0) return [];
  // The API returns at most 25.
  const { deploymentsInfo = [] } = await codeDeploy.send(
    new BatchGetDeploymentsCommand({ deploymentIds: deployments.slice(0, 25) }),
  );
  return deploymentsInfo;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html */
export function appSpec(taskDefinitionArn: string, port: number, settings: AppSpecSettings): string {
  const Properties = {
    TaskDefinition: taskDefinitionArn,
    LoadBalancerInfo: { ContainerName: settings.CONTAINER_NAME, ContainerPort: port },
  };
  const hook = settings.HOOK_FUNCTION_ARN;
  return JSON.stringify({
    version: 0.0,
    Resources: [{ TargetService: { Type: "AWS::ECS::Service", Properties } }],
    // The first probes green before it gets production traffic. The second reports that all traffic has shifted, which no event does.
    Hooks: [{ AfterAllowTestTraffic: hook }, { AfterAllowTraffic: hook }],
  });
}

/** CodeDeploy has no idempotency token: a deployment is recognized, and adopted, by its description. */
export function describeDeployment({ deployment, commit }: DeploymentRecord, attempt: number): string {
  return `lockstep ${deployment} attempt ${attempt}: commit ${commit.slice(0, 8)}`;
}

/** A rollback redeploys an earlier release; `deployment` is the one that created that release. */
export function describeRedeployment(
  { deployment, commit }: { readonly deployment: string; readonly commit: string },
  { rollback, attempt }: { readonly rollback: string; readonly attempt: number },
): string {
  return `lockstep ${deployment} rollback ${rollback} attempt ${attempt}: commit ${commit.slice(0, 8)}`;
}

/** The live release with the assets of a deployment; `deployment` is the one that created that release. */
export function describeAssets(
  { deployment, commit }: { readonly deployment: string; readonly commit: string },
  { assetsOf, attempt }: { readonly assetsOf: string; readonly attempt: number },
): string {
  return `lockstep ${deployment} ${addsAssetsOf(assetsOf)} attempt ${attempt}: commit ${commit.slice(0, 8)}`;
}

const addsAssetsOf = (deployment: string) => `assets ${deployment}`;

/** Whether it deploys the live release again, with the assets of a deployment. */
export function isAssetsOf(description: string | undefined, deployment: string): boolean {
  return (description ?? "").includes(` ${addsAssetsOf(deployment)} attempt `);
}

/** The deployment whose release it is; `undefined` for a deployment that this pipeline did not create. */
export function deploymentOf(description: string | undefined): string | undefined {
  return /^lockstep (\S+) (?:(?:rollback|assets) \S+ )?attempt \d+: /.exec(description ?? "")?.[1];
}

/** Whether it shifts traffic to a new release, and is not a rollback. */
export function isReleaseOf(description: string | undefined, deployment: string): boolean {
  return (description ?? "").startsWith(`lockstep ${deployment} attempt `);
}
