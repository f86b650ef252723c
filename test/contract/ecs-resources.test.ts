import { DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient } from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ResourceContext, ResourceState } from "#local/cloud/index.ts";
import { ask, groups, listTasks, prepareEcs, startEcsCloud, targetGroupArn } from "#test/support/ecs.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let client: ECSClient;

beforeEach(async () => {
  Object.assign(groups.control, { isInUse: true, drainMs: 0, unhealthyAfterMs: 1000 });
  local = await startEcsCloud({ speed: 50 });
  client = local.client(ECSClient);
  await prepareEcs(local);
});
afterEach(() => local.stop());

const context: ResourceContext = {
  logicalId: "Resource",
  stackName: "Stack",
  generatedName: () => "Stack-Resource-1",
  assetPath: () => "",
};

function resource(type: string) {
  const definition = local.resourceTypes.find((each) => each.type === type);
  if (!definition) throw new Error(`No ${type}`);
  return {
    create: async (properties: object) => definition.create(definition.properties.parse(properties), context),
    update: async (state: ResourceState, properties: object) => {
      if (!definition.update) throw new Error("no update");
      return definition.update(state, definition.properties.parse(properties), context);
    },
    delete: async (state: ResourceState, properties: object) =>
      definition.delete(state, definition.properties.parse(properties), context),
  };
}

/** As CDK writes it. */
const server = `require("http").createServer((q, r) => r.end("soon")).listen(process.env.PORT); process.on("SIGTERM", () => process.exit(0))`;
const taskDefinition = () => ({
  Family: "placeholder",
  Cpu: "256",
  Memory: "512",
  NetworkMode: "awsvpc",
  RequiresCompatibilities: ["FARGATE"],
  ExecutionRoleArn: local.roleArn("execution"),
  TaskRoleArn: local.roleArn("task"),
  ContainerDefinitions: [
    {
      Name: "app",
      Essential: true,
      Image: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/ecr-public/docker/library/node:${process.versions.node.split(".")[0]}-slim`,
      Command: ["node", "-e", server],
      Environment: [{ Name: "PORT", Value: "3000" }],
      LinuxParameters: { Capabilities: {}, InitProcessEnabled: true },
      LogConfiguration: {
        LogDriver: "awslogs",
        Options: { "awslogs-group": "/tasks", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "x" },
      },
      PortMappings: [{ ContainerPort: 3000, Protocol: "tcp" }],
    },
  ],
});
const service = {
  ServiceName: "web",
  Cluster: "main",
  TaskDefinition: "placeholder",
  DesiredCount: 1,
  LaunchType: "FARGATE",
  DeploymentController: { Type: "CODE_DEPLOY" },
  DeploymentConfiguration: { MaximumPercent: 200, MinimumHealthyPercent: 50 },
  HealthCheckGracePeriodSeconds: 60,
  LoadBalancers: [{ ContainerName: "app", ContainerPort: 3000, TargetGroupArn: targetGroupArn }],
  NetworkConfiguration: {
    AwsvpcConfiguration: { AssignPublicIp: "DISABLED", SecurityGroups: [], Subnets: ["subnet-1"] },
  },
};

async function cacheNode(): Promise<void> {
  const rule = { EcrRepositoryPrefix: "ecr-public", UpstreamRegistryUrl: "public.ecr.aws" };
  await resource("AWS::ECR::PullThroughCacheRule").create(rule);
}

it("makes a service that serves, from this machine's Node, and takes it away again", async () => {
  await cacheNode();
  await resource("AWS::ECS::TaskDefinition").create(taskDefinition());
  const state = await resource("AWS::ECS::Service").create(service);
  expect(state).toEqual({
    physicalId: "arn:aws:ecs:eu-central-1:123456789012:service/main/web",
    attributes: { Name: "web", ServiceArn: "arn:aws:ecs:eu-central-1:123456789012:service/main/web" },
  });
  const [task = {}] = await listTasks(local);
  expect(await ask(task, "/")).toBe("soon");
  await resource("AWS::ECS::Service").delete(state, service);
  const { tasks } = await client.send(new DescribeTasksCommand({ cluster: "main", tasks: [task.taskArn ?? ""] }));
  expect(tasks).toMatchObject([{ lastStatus: "STOPPED", containers: [{ exitCode: 0 }] }]);
});

it("says why a service does not come up", async () => {
  // Without the rule, the image cannot be pulled.
  await resource("AWS::ECS::TaskDefinition").create(taskDefinition());
  const fast = { ...service, HealthCheckGracePeriodSeconds: 0 };
  await expect(resource("AWS::ECS::Service").create(fast)).rejects.toThrow(
    /web did not stabilize\. .*CannotPullContainerError.*ecr-public\/docker\/library\/node/,
  );
});

it.each([{ DesiredCount: "2" }, { TaskDefinition: "other" }, { HealthCheckGracePeriodSeconds: "5" }])(
  "refuses to update a service that CodeDeploy deploys: %o",
  async (change) => {
    await cacheNode();
    await resource("AWS::ECS::TaskDefinition").create(taskDefinition());
    const state = await resource("AWS::ECS::Service").create(service);
    await expect(resource("AWS::ECS::Service").update(state, { ...service, ...change })).rejects.toThrow(
      "Use AWS CodeDeploy to trigger a new deployment.",
    );
  },
);

it("replaces a task definition by a new revision, whose description can be registered again", async () => {
  const definitions = resource("AWS::ECS::TaskDefinition");
  const first = await definitions.create(taskDefinition());
  const second = await definitions.create({ ...taskDefinition(), Memory: "1024" });
  await definitions.delete(first, taskDefinition());
  expect([first, second].map(({ physicalId }) => physicalId.split("/")[1])).toEqual(["placeholder:1", "placeholder:2"]);
  const describe = (taskDefinition: string) => client.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
  expect((await describe("placeholder:1")).taskDefinition).toMatchObject({ status: "INACTIVE" });
  expect((await describe("placeholder")).taskDefinition).toMatchObject({
    revision: 2,
    memory: "1024",
    containerDefinitions: [
      { portMappings: [{ containerPort: 3000, hostPort: 3000, protocol: "tcp" }], mountPoints: [] },
    ],
  });
});

it("refuses in a template what it does not run", () => {
  const type = local.resourceTypes.find((each) => each.type === "AWS::ECS::Service");
  expect(() => type?.properties.parse({ ...service, DeploymentController: { Type: "ECS" } })).toThrow("CODE_DEPLOY");
  expect(() => type?.properties.parse({ ...service, ServiceConnectConfiguration: {} })).toThrow(
    "ServiceConnectConfiguration",
  );
});
