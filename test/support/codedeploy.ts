import {
  CodeDeployClient,
  CreateDeploymentCommand,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type CreateDeploymentCommandInput,
  type DeploymentInfo,
} from "@aws-sdk/client-codedeploy";
import { CreateServiceCommand, ECSClient } from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, vi } from "vitest";
import type { AnyService, CloudEvent } from "#local/cloud/index.ts";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { codedeploy } from "#local/services/codedeploy/index.ts";
import { ecr } from "#local/services/ecr/index.ts";
import { ecs } from "#local/services/ecs/index.ts";
import { elasticLoadBalancingV2 } from "#local/services/elastic-load-balancing-v2/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { prepareEcs, registerDefinition, serviceInput, serving } from "./ecs.ts";
import { whenSteady } from "./ecs-waits.ts";
import { startTestCloud, type TestCloud } from "./local-cloud.ts";
import type { scriptedLambda } from "./scripted-lambda.ts";

const anything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const nothing = { Version: "2012-10-17", Statement: [] };

interface Options {
  lambda: ReturnType<typeof scriptedLambda>;
  directory?: string;
  /** Factor by which configured waits are shortened; by default a minute takes 50 ms. */
  speed?: number;
  more?: readonly AnyService[];
}

/** ECS, a real load balancer and CodeDeploy; the test provides the Lambda functions. */
export async function startDeployCloud({ lambda, directory, speed = 1200, more = [] }: Options): Promise<TestCloud> {
  const local = await startTestCloud({
    services: [ecr, elasticLoadBalancingV2, ecs, secretsManager, cloudwatchLogs, lambda.service, ...more, codedeploy],
    roles: { execution: anything, task: nothing, powerless: nothing },
    speed,
    ...(directory !== undefined && { directory }),
  });
  const trustedServices = [{ service: "codedeploy.amazonaws.com", conditions: {} }];
  const role = { trustedServices, inlinePolicies: { all: anything }, managedPolicyArns: [] };
  local.access.putRole({ name: "deploy", arn: local.roleArn("deploy"), ...role });
  return local;
}

export interface Stage {
  definition: string;
  blue: string;
  green: string;
  production: string;
  test: string;
}

/** A service with its first task set behind both listeners, and the deployment group `shop/web`. */
export async function prepareStage(local: TestCloud, change: object = {}): Promise<Stage> {
  const elb = local.client(ElasticLoadBalancingV2Client);
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: "web", Subnets: ["a", "b"] }));
  const [blue, green] = await Promise.all(["blue", "green"].map((name) => createTargetGroup(local, name)));
  if (!blue || !green) throw new Error("No target groups");
  const listen = async (Port: number) => {
    const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: blue }];
    const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn;
    const input = { LoadBalancerArn, Port, Protocol: "HTTP" as const, DefaultActions };
    return (await elb.send(new CreateListenerCommand(input))).Listeners?.[0]?.ListenerArn ?? "";
  };
  const stage = { definition: "", blue, green, production: await listen(80), test: await listen(9000) };
  const image = await prepareEcs(local);
  stage.definition = await registerDefinition(local, "web", { image, ...serving });
  const loadBalancers = [{ targetGroupArn: blue, containerName: "app", containerPort: 3000 }];
  // The app takes longer to start than health checks at this speed take to fail.
  const behindBalancer = { loadBalancers, healthCheckGracePeriodSeconds: 60 };
  await local
    .client(ECSClient)
    .send(new CreateServiceCommand({ ...serviceInput(stage.definition), ...behindBalancer }));
  await whenSteady(local);
  await createGroup(local, stage, change);
  return stage;
}

async function createTargetGroup(local: TestCloud, Name: string): Promise<string> {
  const input = { Name, Port: 3000, Protocol: "HTTP", TargetType: "ip", VpcId: "vpc-1", HealthCheckPath: "/health" };
  const { TargetGroups } = await local
    .client(ElasticLoadBalancingV2Client)
    .send(new CreateTargetGroupCommand({ ...input, Protocol: "HTTP", TargetType: "ip", HealthyThresholdCount: 2 }));
  return TargetGroups?.[0]?.TargetGroupArn ?? "";
}

/** Creates a CloudFormation resource. */
export async function createResource(local: TestCloud, type: string, properties: object): Promise<void> {
  const resource = local.resourceTypes.find((each) => each.type === `AWS::CodeDeploy::${type}`);
  const context = { logicalId: type, stackName: "stack", generatedName: () => "generated", assetPath: () => "" };
  await resource?.create(resource.properties.parse(properties), context);
}

export async function createGroup(local: TestCloud, stage: Stage, change: object = {}): Promise<void> {
  await createResource(local, "Application", { ApplicationName: "shop", ComputePlatform: "ECS" });
  await createResource(local, "DeploymentGroup", {
    ApplicationName: "shop",
    DeploymentGroupName: "web",
    DeploymentConfigName: "CodeDeployDefault.ECSCanary10Percent5Minutes",
    ServiceRoleArn: local.roleArn("deploy"),
    DeploymentStyle: { DeploymentOption: "WITH_TRAFFIC_CONTROL", DeploymentType: "BLUE_GREEN" },
    ECSServices: [{ ClusterName: "main", ServiceName: "web" }],
    LoadBalancerInfo: {
      TargetGroupPairInfoList: [
        {
          ProdTrafficRoute: { ListenerArns: [stage.production] },
          TestTrafficRoute: { ListenerArns: [stage.test] },
          TargetGroups: [{ Name: "blue" }, { Name: "green" }],
        },
      ],
    },
    BlueGreenDeploymentConfiguration: {
      TerminateBlueInstancesOnDeploymentSuccess: { Action: "TERMINATE", TerminationWaitTimeInMinutes: "5" },
    },
    AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"] },
    ...change,
  });
}

export const appSpec = (TaskDefinition: string, hooks: Record<string, string> = {}): string =>
  JSON.stringify({
    version: 0.0,
    Resources: [
      {
        TargetService: {
          Type: "AWS::ECS::Service",
          Properties: { TaskDefinition, LoadBalancerInfo: { ContainerName: "app", ContainerPort: 3000 } },
        },
      },
    ],
    Hooks: Object.entries(hooks).map(([event, name]) => ({ [event]: name })),
  });

export const deploymentOf = (content: string): CreateDeploymentCommandInput => ({
  applicationName: "shop",
  deploymentGroupName: "web",
  revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
});

export async function deploy(local: TestCloud, content: string, more: object = {}): Promise<string> {
  const client = local.client(CodeDeployClient);
  const { deploymentId } = await client.send(new CreateDeploymentCommand({ ...deploymentOf(content), ...more }));
  return deploymentId ?? "";
}

export async function describeDeployment(local: TestCloud, deploymentId: string): Promise<DeploymentInfo> {
  const { deploymentInfo } = await local.client(CodeDeployClient).send(new GetDeploymentCommand({ deploymentId }));
  return deploymentInfo ?? {};
}

export const reachesStatus = (local: TestCloud, id: string, status: string): Promise<DeploymentInfo> =>
  vi.waitFor(
    async () => {
      const info = await describeDeployment(local, id);
      expect(info.status, info.errorInformation?.message).toBe(status);
      return info;
    },
    { timeout: 15_000, interval: 20 },
  );

export async function lifecycle(local: TestCloud, deploymentId: string): Promise<string[]> {
  const input = { deploymentId, targetId: "main:web" };
  const { deploymentTarget } = await local.client(CodeDeployClient).send(new GetDeploymentTargetCommand(input));
  const events = deploymentTarget?.ecsTarget?.lifecycleEvents ?? [];
  return events.map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`);
}

export const reachesEvent = (local: TestCloud, id: string, event: string): Promise<void> =>
  vi.waitFor(async () => expect(await lifecycle(local, id)).toContain(event), { timeout: 15_000, interval: 20 });

/** Share of a listener's traffic by target group. */
export async function weights(local: TestCloud, listenerArn: string): Promise<Record<string, number>> {
  const input = { ListenerArns: [listenerArn] };
  const { Listeners } = await local.client(ElasticLoadBalancingV2Client).send(new DescribeListenersCommand(input));
  const groups = Listeners?.[0]?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? [];
  return Object.fromEntries(groups.map(({ TargetGroupArn = "", Weight = 0 }) => [TargetGroupArn, Weight]));
}

/** Share of a listener's traffic in percent, by target group, without groups that receive none. */
export async function shares(local: TestCloud, listenerArn: string): Promise<Record<string, number>> {
  const entries = Object.entries(await weights(local, listenerArn)).filter(([, weight]) => weight > 0);
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  return Object.fromEntries(entries.map(([group, weight]) => [group, (100 * weight) / total]));
}

/** The response to a request through a listener. */
export async function askListener(local: TestCloud, listenerArn: string, path: string): Promise<string> {
  const input = { ListenerArns: [listenerArn] };
  const { Listeners } = await local.client(ElasticLoadBalancingV2Client).send(new DescribeListenersCommand(input));
  return (await fetch(`http://127.0.0.1:${Listeners?.[0]?.Port}${path}`)).text();
}

/** The states in CodeDeploy's events, by deployment. */
export function listen(local: TestCloud): (id: string) => unknown[] {
  const events: CloudEvent[] = [];
  local.cloud.onEvent((event) => events.push(event));
  return (id) => events.filter(({ detail }) => detail.deploymentId === id).map(({ detail }) => detail.state);
}
