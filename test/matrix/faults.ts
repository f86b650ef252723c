import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
} from "@aws-sdk/client-eventbridge";
import {
  DeleteFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DescribeStateMachineCommand, UpdateStateMachineCommand } from "@aws-sdk/client-sfn";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import deployMachine from "../../statemachines/deploy.asl.json" with { type: "json" };
import { checkpointer } from "../support/checkpointer.ts";
import { machineArn, prefix, type World } from "./world.ts";

export async function setRules(world: World, pattern: RegExp, enabled: boolean): Promise<void> {
  const client = await world.stage.client(EventBridgeClient);
  const { Rules = [] } = await client.send(new ListRulesCommand({}));
  const names = Rules.flatMap(({ Name = "" }) => (pattern.test(Name) ? [Name] : []));
  if (names.length === 0) throw new Error(`No rule matches ${pattern}`);
  for (const Name of names)
    await client.send(enabled ? new EnableRuleCommand({ Name }) : new DisableRuleCommand({ Name }));
}

/** EventBridge rules by purpose. */
export const workEvents = /BuildEnded|SnapshotChanged|TaskStopped|DeploymentChanged|AlarmCleared/;
export const executionEvents = /ExecutionEnded|MachineEnded/;
export const pushes = /EventsPush/;

/** Sends every event of a deployment to `resume` three times, in reverse order. */
export async function repeatEvents(world: World, commit: string): Promise<undefined> {
  const lambda = await world.stage.client(LambdaClient);
  const invoke = (name: string, event: object) =>
    lambda.send(
      new InvokeCommand({
        FunctionName: `${prefix}-${name}`,
        InvocationType: "Event",
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
  await world.until("the deployment has ended", async () => {
    const record = await world.record(commit);
    const { build, shift, snapshot, migration: migrated, execution, deployment } = record ?? {};
    const events = [
      execution && {
        "detail-type": "Step Functions Execution Status Change",
        detail: { executionArn: execution, name: deployment, status: "FAILED", redriveCount: 7 },
      },
      shift && {
        "detail-type": "CodeDeploy Deployment State-change Notification",
        detail: { deploymentId: shift.codeDeployDeploymentId },
      },
      migrated?.taskArn && { "detail-type": "ECS Task State Change", detail: { taskArn: migrated.taskArn } },
      snapshot && { "detail-type": "RDS DB Snapshot Event", detail: { SourceIdentifier: snapshot.id } },
      build && {
        "detail-type": "CodeBuild Build State Change",
        detail: { "build-id": `arn:aws:codebuild:eu-central-1:123456789012:build/${build.id}` },
      },
    ];
    for (const event of events) if (event) for (let time = 0; time < 3; time++) await invoke("resume", event);
    return record && record.status !== "running" ? true : undefined;
  });
  return undefined;
}

/** Sets the concurrency of a function to 0, so that it cannot be invoked. */
export async function disableFunction(world: World, name: string): Promise<void> {
  const client = await world.stage.client(LambdaClient);
  const FunctionName = `${prefix}-${name}`;
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
}

export async function enableFunction(world: World, name: string): Promise<void> {
  const client = await world.stage.client(LambdaClient);
  await client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: `${prefix}-${name}` }));
}

/** Sets environment variables of a step's function, and of `resume`, which observes in its place when an event arrives. */
export async function setVariable(world: World, step: string, change: Record<string, string>): Promise<void> {
  const client = await world.stage.client(LambdaClient);
  for (const name of [step, "resume"]) {
    const FunctionName = `${prefix}-${name}`;
    const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const Variables = { ...Environment?.Variables, ...change };
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  }
}

/** Sets the timeout of future executions, or restores the timeout of the template. */
export async function limitExecutions(world: World, seconds = deployMachine.TimeoutSeconds): Promise<void> {
  const sfn = await world.sfn();
  const stateMachineArn = machineArn("deploy");
  const { definition = "" } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const changed = { ...(JSON.parse(definition) as object), TimeoutSeconds: seconds };
  await sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: JSON.stringify(changed) }));
}

export async function blockSnapshots(world: World, blocked: boolean): Promise<void> {
  const { suspend, resume } = await checkpointer(async (sql) => ({ rows: await world.query<{ pid: number }>(sql) }));
  if (blocked) suspend();
  else resume();
}

export async function killControlPlane(world: World): Promise<void> {
  world.stage.kill();
  const { exitCode, stderr } = await world.stage.up();
  if (exitCode !== 0) throw new Error(`The control plane did not restart: ${stderr}`);
}

export async function setSecret(
  world: World,
  change: (value: Record<string, string>) => Record<string, string>,
): Promise<void> {
  const client = await world.stage.client(SecretsManagerClient);
  const SecretId = `${prefix}/app`;
  const { SecretString = "{}" } = await client.send(new GetSecretValueCommand({ SecretId }));
  const SecretStringNew = JSON.stringify(change(JSON.parse(SecretString) as Record<string, string>));
  await client.send(new PutSecretValueCommand({ SecretId, SecretString: SecretStringNew }));
}

export const productionHost = (world: World) => new URL(world.url).host;

/** Keeps every core busy until the deployment has ended. */
export async function underLoad(world: World, commit: string): Promise<undefined> {
  const workers = Array.from({ length: availableParallelism() }, () => new Worker("for (;;);", { eval: true }));
  try {
    await world.finished(commit);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return undefined;
}

/** Removes the target group without traffic from the production listener: as before a first release, it is not in use and not health-checked. */
export async function useOneTargetGroup(world: World): Promise<void> {
  const client = await world.stage.client(ElasticLoadBalancingV2Client);
  const { LoadBalancers = [] } = await client.send(new DescribeLoadBalancersCommand({ Names: [prefix] }));
  const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn;
  const { Listeners = [] } = await client.send(new DescribeListenersCommand({ LoadBalancerArn }));
  for (const { ListenerArn, DefaultActions = [] } of Listeners) {
    const groups = DefaultActions.flatMap(({ ForwardConfig }) => ForwardConfig?.TargetGroups ?? []);
    const TargetGroupArn = groups.find(({ Weight = 1 }) => Weight > 0)?.TargetGroupArn;
    await client.send(
      new ModifyListenerCommand({ ListenerArn, DefaultActions: [{ Type: "forward", TargetGroupArn }] }),
    );
  }
}
