import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CodeDeployClient, type CreateDeploymentCommandInput, type DeploymentStatus } from "@aws-sdk/client-codedeploy";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  ECSClient,
  type RegisterTaskDefinitionCommandInput,
  type ServiceEvent,
  type TaskStopCode,
} from "@aws-sdk/client-ecs";
import { runtimeLabel } from "../../../../lambdas/traffic/contract.ts";
import { awsError, scripted } from "./scripted.ts";

interface Deployment {
  readonly deploymentId: string;
  readonly description: string;
  status: DeploymentStatus;
  done: string[];
  errorInformation?: { code: string; message: string };
  createTime: Date;
}

export const settings = {
  CLUSTER_ARN: "arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
  SERVICE_NAME: "shop",
  CODEDEPLOY_APPLICATION: "shop",
  CODEDEPLOY_DEPLOYMENT_GROUP: "shop",
  BASE_TASK_DEFINITION_ARN: "base:1",
  HOOK_FUNCTION_ARN: "arn:hook",
  CONTAINER_NAME: "app",
  BLUE_TARGET_GROUP_ARN: "tg:blue",
  GREEN_TARGET_GROUP_ARN: "tg:green",
  ALARM_NAMES: ["shop-errors-blue", "shop-errors-balancer"],
  LOAD_BALANCER: "app/shop/1",
  TARGET_GROUPS: ["targetgroup/shop-blue/1", "targetgroup/shop-green/2"],
  APP_SECRET_ARN: "arn:app",
  DATABASE_APP_SECRET_ARN: "arn:database/app",
  DATABASE_MIGRATIONS_SECRET_ARN: "arn:database/migrations",
};

/** One service with its deployments, as far as the steps ask about them. */
export class TrafficWorld {
  readonly deployments: Deployment[] = [];
  readonly calls: string[] = [];
  /** Task definitions, td:1 first. */
  readonly registered: RegisterTaskDefinitionCommandInput[] = [];
  /** Alarms in state ALARM. */
  red: string[] = [];
  primary = "td:placeholder";
  stopped = 0;
  stopCode: TaskStopCode = "EssentialContainerExited";
  /** When the stopped tasks were created. */
  tasksCreatedAt = new Date(Date.UTC(2026, 0, 1, 12, 0, 1));
  /** Of the service, the newest first. */
  events: ServiceEvent[] = [];
  loseNextAnswer = false;
  onContinue = () => {};

  get deps() {
    return {
      cloudWatch: scripted(CloudWatchClient, {
        DescribeAlarms: () => ({ MetricAlarms: this.red.map((AlarmName) => ({ AlarmName })) }),
        DescribeAlarmHistory: () => ({
          AlarmHistoryItems: [
            { HistoryData: JSON.stringify({ newState: { stateValue: "ALARM", stateReason: "2 datapoints" } }) },
          ],
        }),
      }),
      codeDeploy: this.codeDeploy(),
      ecs: this.ecs(),
      loadBalancing: scripted(ElasticLoadBalancingV2Client, {
        ModifyTargetGroup: () => ({}),
        ModifyTargetGroupAttributes: () => ({}),
      }),
      logs: this.logs(),
      redact: async (text: string) => text,
      settings,
    };
  }

  deploy(description: string): Deployment {
    const deploymentId = `d-${this.deployments.length + 1}`;
    const createTime = new Date(Date.UTC(2026, 0, 1, 12));
    const created: Deployment = { deploymentId, description, status: "InProgress", done: [], createTime };
    this.deployments.push(created);
    return created;
  }

  find(id: string): Deployment {
    const deployment = this.deployments.find(({ deploymentId }) => deploymentId === id);
    if (!deployment) throw awsError("DeploymentDoesNotExistException");
    return deployment;
  }

  private codeDeploy() {
    return scripted(CodeDeployClient, {
      GetDeployment: ({ deploymentId }: { deploymentId: string }) => ({ deploymentInfo: this.find(deploymentId) }),
      GetDeploymentTarget: ({ deploymentId }: { deploymentId: string }) => {
        const lifecycleEvents = this.find(deploymentId).done.map((lifecycleEventName) => ({
          lifecycleEventName,
          status: "Succeeded",
        }));
        return { deploymentTarget: { ecsTarget: { lifecycleEvents } } };
      },
      ListDeployments: ({ includeOnlyStatuses }: { includeOnlyStatuses?: string[] }) => ({
        deployments: this.deployments
          .filter(({ status }) => includeOnlyStatuses?.includes(status) ?? true)
          .map(({ deploymentId }) => deploymentId),
      }),
      BatchGetDeployments: ({ deploymentIds }: { deploymentIds: string[] }) => ({
        deploymentsInfo: deploymentIds.map((id) => this.find(id)),
      }),
      CreateDeployment: ({ description, overrideAlarmConfiguration }: CreateDeploymentCommandInput) => {
        if (this.deployments.some(({ status }) => status === "InProgress")) {
          throw awsError("DeploymentLimitExceededException");
        }
        const { deploymentId } = this.deploy(description ?? "");
        this.calls.push(
          `create ${deploymentId}${overrideAlarmConfiguration?.enabled === false ? " ignoring alarms" : ""}`,
        );
        if (!this.loseNextAnswer) return { deploymentId };
        this.loseNextAnswer = false;
        throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
      },
      StopDeployment: (input: { deploymentId: string; autoRollbackEnabled: boolean }) => {
        this.calls.push(`stop ${input.deploymentId} rollback=${input.autoRollbackEnabled}`);
        return {};
      },
      ContinueDeployment: (input: { deploymentId: string; deploymentWaitType: string }) => {
        this.calls.push(`continue ${input.deploymentId} ${input.deploymentWaitType}`);
        this.onContinue();
        return {};
      },
    });
  }

  private ecs() {
    const logConfiguration = { options: { "awslogs-group": "/ecs/shop", "awslogs-stream-prefix": "release" } };
    const runtime = { health: { path: "/health", accept: "200" }, startSeconds: 15, drainSeconds: 30, tasks: 1 };
    const dockerLabels = { [runtimeLabel]: JSON.stringify(runtime) };
    const containerDefinitions = [
      { name: "app", logConfiguration, dockerLabels, portMappings: [{ containerPort: 3000 }] },
    ];
    const tasks = () =>
      Array.from({ length: this.stopped }, (_, index) => ({
        taskArn: `arn:task/shop/${index}`,
        taskDefinitionArn: "td:1",
        lastStatus: "STOPPED",
        createdAt: this.tasksCreatedAt,
        stopCode: this.stopCode,
        stoppedReason: "Essential container in task exited",
        containers: [{ name: "app", exitCode: 1 }],
      }));
    return scripted(ECSClient, {
      DescribeTaskDefinition: () => ({ taskDefinition: { containerDefinitions } }),
      RegisterTaskDefinition: (input: RegisterTaskDefinitionCommandInput) => {
        this.registered.push(input);
        return { taskDefinition: { taskDefinitionArn: `td:${this.registered.length}` } };
      },
      ListTasks: () => ({ taskArns: tasks().map(({ taskArn }) => taskArn) }),
      DescribeTasks: () => ({ tasks: tasks() }),
      UpdateService: () => ({}),
      DescribeServices: () => ({
        services: [
          {
            taskSets: [
              {
                status: "PRIMARY",
                taskDefinition: this.primary,
                loadBalancers: [{ targetGroupArn: "arn:production" }],
              },
            ],
            events: this.events,
          },
        ],
      }),
    });
  }

  private logs() {
    return scripted(CloudWatchLogsClient, {
      GetLogEvents: () => ({ events: [{ message: "Error: DATABASE_URL is not set" }] }),
    });
  }
}
