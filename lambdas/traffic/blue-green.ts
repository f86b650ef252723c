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
import { appSpec } from "./app-spec.ts";
import { hasName } from "../core/errors.ts";

const number = z.coerce.number().check(z.int(), z.positive());

/** What a deployment of CodeDeploy is made of. */
export const blueGreenSettings = z.object({
  CODEDEPLOY_APPLICATION: z.string(),
  CODEDEPLOY_DEPLOYMENT_GROUP: z.string(),
  HOOK_FUNCTION_ARN: z.string(),
  CONTAINER_NAME: z.string(),
  CONTAINER_PORT: number,
});
type Group = Pick<z.infer<typeof blueGreenSettings>, "CODEDEPLOY_APPLICATION" | "CODEDEPLOY_DEPLOYMENT_GROUP">;

interface GroupPorts {
  readonly codeDeploy: CodeDeployClient;
  readonly settings: Group;
}

export interface BlueGreenPorts {
  readonly codeDeploy: CodeDeployClient;
  readonly settings: z.infer<typeof blueGreenSettings>;
}

interface NewDeployment {
  readonly taskDefinitionArn: string;
  readonly description: string;
  /** Moves all traffic in one step. */
  readonly allAtOnce?: boolean;
  /** An alarm that rings already must not stop it. */
  readonly ignoresAlarms?: boolean;
}

/** `undefined` when the group is busy with another deployment: it runs one at a time. */
export async function createDeployment(
  { codeDeploy, settings }: BlueGreenPorts,
  { taskDefinitionArn, description, allAtOnce = false, ignoresAlarms = false }: NewDeployment,
): Promise<string | undefined> {
  const content = appSpec({
    taskDefinitionArn,
    containerName: settings.CONTAINER_NAME,
    containerPort: settings.CONTAINER_PORT,
    hookFunctionArn: settings.HOOK_FUNCTION_ARN,
  });
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

/** CodeDeploy takes traffic back to blue and removes green; nothing happens to a deployment that is over. */
export async function stopDeployment({ codeDeploy }: Pick<GroupPorts, "codeDeploy">, deploymentId: string) {
  try {
    await codeDeploy.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
  } catch (error) {
    if (!hasName(error, "DeploymentAlreadyCompletedException")) throw error;
  }
}

/** Lets blue go before its time, so that the group is free. */
export async function endBake({ codeDeploy }: Pick<GroupPorts, "codeDeploy">, deploymentId: string): Promise<void> {
  try {
    await codeDeploy.send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: "TERMINATION_WAIT" }));
  } catch (error) {
    if (!hasName(error, "DeploymentAlreadyCompletedException", "DeploymentIsNotInReadyStateException")) throw error;
  }
}

/** The deployment that occupies the group. */
export async function openDeployment(ports: GroupPorts): Promise<DeploymentInfo | undefined> {
  const includeOnlyStatuses = ["Created", "Queued", "InProgress", "Ready", "Baking"] as const;
  return (await findDeployments(ports, { includeOnlyStatuses: [...includeOnlyStatuses] }))[0];
}

export async function findDeployments(
  { codeDeploy, settings }: GroupPorts,
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
  // 25 is the most that one call answers.
  const { deploymentsInfo = [] } = await codeDeploy.send(
    new BatchGetDeploymentsCommand({ deploymentIds: deployments.slice(0, 25) }),
  );
  return deploymentsInfo;
}
