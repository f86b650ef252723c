import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { randomUUID } from "node:crypto";
import type { Push } from "../../lambdas/core/record.ts";
import type { Clients } from "./clients.ts";
import type { FoundCommit } from "./find-commit.ts";
import { describeFreeze, StageFrozen } from "./freeze.ts";
import { identify, machineArn } from "./identity.ts";
import { readLock } from "./records.ts";
import type { Stage } from "./stage.ts";

interface DeployRequest {
  source: FoundCommit;
  /** Without a build, for the live release. */
  configOnly: boolean;
}

/** Starts a deployment in the name of the caller. Throws StageFrozen if it could only wait. */
export async function startDeployment(
  clients: Clients,
  stage: Stage,
  request: DeployRequest,
): Promise<{ deployment: string; execution: string }> {
  const lock = await readLock(clients, stage);
  const freeze = describeFreeze(stage, lock);
  if (freeze !== undefined) throw new StageFrozen(`Not deployed: ${freeze}`);
  const { arn, at } = await identify(clients, stage);
  const push = pushOf(stage, request, { by: arn, pushedAt: afterAll(at, lock.newest?.pushedAt) });
  const { executionArn: execution = "" } = await clients.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: await machineArn(clients, stage, "deploy"),
      name: push.deployment,
      input: JSON.stringify(push),
    }),
  );
  return { deployment: push.deployment, execution };
}

/** The same input that receive-push makes from an event. */
function pushOf(
  { repository }: Stage,
  { source: { commit, branch }, configOnly }: DeployRequest,
  { by, pushedAt }: { by: string; pushedAt: string },
): Push {
  return {
    deployment: `${commit.slice(0, 8)}-${randomUUID()}`,
    repository,
    branch,
    commit,
    pushedAt,
    requestedBy: by,
    ...(configOnly && { configOnly }),
  };
}

/** Later than every push, in whole seconds as in CodeCommit's events: a deployment on request is never outdated. */
export function afterAll(now: Date, newest: string | undefined): string {
  const afterNewest = newest === undefined ? 0 : Date.parse(newest) + 1000;
  const at = new Date(Math.max(now.getTime(), afterNewest));
  return `${at.toISOString().slice(0, 19)}Z`;
}
