import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateClusterCommand,
  DescribeTaskSetsCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
  type CreateServiceCommandInput,
  type Task,
  type TaskSet,
} from "@aws-sdk/client-ecs";
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { AnyService } from "#local/cloud/index.ts";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { ecr } from "#local/services/ecr/index.ts";
import { ecs } from "#local/services/ecs/index.ts";
import { secretsManager } from "#local/services/secrets-manager/index.ts";
import { startTestCloud, type TestCloud } from "./local-cloud.ts";
import { openRegistry, pushImage } from "./oci-image.ts";
import { targetGroups } from "./target-groups.ts";
import { taskAddress } from "../../local/services/ecs/targets.ts";

const anything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
const nothing = { Version: "2012-10-17", Statement: [] };

export const groups = targetGroups();
export const targetGroupArn =
  "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/blue/0123456789abcdef";

/** The app of the tests' tasks: runs the command that its first argument names. */
const script = `
const [name, ...rest] = process.argv.slice(2);
const wait = () => { setInterval(() => {}, 1000); console.log("waiting"); };
const commands = {
  hello: () => console.log(JSON.stringify({ data: require("fs").readFileSync("data.txt", "utf8"), env: process.env })),
  exit: () => process.exit(Number(rest[0])),
  wait,
  mark: () => { require("fs").appendFileSync(rest[0], process.pid + "\\n"); wait(); },
  ignoreSigterm: () => { process.on("SIGTERM", () => console.log("no")); wait(); },
  serve: () => {
    const { createServer } = require("http");
    const paths = { "/pid": () => String(process.pid), "/crash": () => process.exit(7), "/unhealthy": () => (paths["/health"] = undefined), "/health": () => "ok" };
    const server = createServer((request, response) => {
      const answer = paths[request.url];
      response.writeHead(answer ? 200 : 500).end(answer ? String(answer()) : "");
    });
    server.listen(process.env.PORT, process.env.HOST, () => console.log("listening"));
    process.on("SIGTERM", () => { console.log("asked to stop"); server.close(() => process.exit(0)); server.closeAllConnections(); });
  },
};
commands[name]();
`;

interface EcsCloudOptions {
  directory?: string;
  speed?: number;
  /** The load balancer; by default a fake. */
  balancing?: AnyService;
}

export async function startEcsCloud({
  balancing = groups.service,
  ...options
}: EcsCloudOptions = {}): Promise<TestCloud> {
  return startTestCloud({
    services: [ecr, balancing, ecs, secretsManager, cloudwatchLogs],
    roles: { execution: anything, powerless: nothing, task: nothing },
    ...options,
  });
}

/** A cluster, a log group and an image; returns the image's name. */
export async function prepareEcs(local: TestCloud): Promise<string> {
  await local.client(ECSClient).send(new CreateClusterCommand({ clusterName: "main" }));
  await local.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: "/tasks" }));
  await local.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "app" }));
  const digest = await pushImage(await openRegistry(local.client(ECRClient)), {
    repository: "app",
    tag: "1",
    layers: [
      [
        { path: "/app/index.js", content: "console.log('lower')" },
        { path: "/app/data.txt", content: "from the image" },
      ],
      [{ path: "/app/index.js", content: script }],
    ],
    config: { WorkingDir: "/app", Entrypoint: ["node", "index.js"], Cmd: ["hello"], Env: ["COLOR=blue"] },
  });
  return `123456789012.dkr.ecr.eu-central-1.amazonaws.com/app@${digest}`;
}

export async function registerDefinition(
  local: TestCloud,
  family: string,
  { executionRole = "execution", ...container }: Partial<ContainerDefinition> & { executionRole?: string },
): Promise<string> {
  const options = { "awslogs-group": "/tasks", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "test" };
  const { taskDefinition } = await local.client(ECSClient).send(
    new RegisterTaskDefinitionCommand({
      family,
      cpu: "256",
      memory: "512",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      executionRoleArn: local.roleArn(executionRole),
      taskRoleArn: local.roleArn("task"),
      containerDefinitions: [{ name: "app", logConfiguration: { logDriver: "awslogs", options }, ...container }],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? "";
}

export const networkConfiguration = { awsvpcConfiguration: { subnets: ["subnet-1"] } };
export const loadBalancers = [{ targetGroupArn, containerName: "app", containerPort: 3000 }];
export const serving = {
  command: ["serve"],
  portMappings: [{ containerPort: 3000 }],
  environment: [{ name: "PORT", value: "3000" }],
};

export const serviceInput = (taskDefinition: string): CreateServiceCommandInput => ({
  cluster: "main",
  serviceName: "web",
  taskDefinition,
  desiredCount: 1,
  launchType: "FARGATE",
  deploymentController: { type: "CODE_DEPLOY" },
  loadBalancers,
  networkConfiguration,
});

export async function describeTask(local: TestCloud, { taskArn = "" }: Task): Promise<Task> {
  const { tasks } = await local.client(ECSClient).send(new DescribeTasksCommand({ cluster: "main", tasks: [taskArn] }));
  return tasks?.[0] ?? {};
}

/** Tasks with the desired status RUNNING. */
export async function listTasks(local: TestCloud): Promise<Task[]> {
  const client = local.client(ECSClient);
  const { taskArns = [] } = await client.send(new ListTasksCommand({ cluster: "main" }));
  if (taskArns.length === 0) return [];
  return (await client.send(new DescribeTasksCommand({ cluster: "main", tasks: taskArns }))).tasks ?? [];
}

export async function taskSets(local: TestCloud): Promise<TaskSet[]> {
  const described = await local
    .client(ECSClient)
    .send(new DescribeTaskSetsCommand({ cluster: "main", service: "web" }));
  return described.taskSets ?? [];
}

export const portOf = ({ containers }: Task): number => containers?.[0]?.networkBindings?.[0]?.hostPort ?? 0;

/** The response of a task's app. */
export const ask = async (task: Task, path: string): Promise<string> =>
  (await fetch(`http://${taskAddress}:${portOf(task)}${path}`)).text();

export async function logOf(local: TestCloud, task: Task): Promise<string[]> {
  const logStreamName = `test/app/${task.taskArn?.split("/").at(-1)}`;
  const input = { logGroupName: "/tasks", logStreamName, startFromHead: true };
  const { events } = await local.client(CloudWatchLogsClient).send(new GetLogEventsCommand(input));
  return (events ?? []).map(({ message = "" }) => message);
}
