import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { SubnetType } from "aws-cdk-lib/aws-ec2";
import { CfnPullThroughCacheRule, Repository, TagMutability } from "aws-cdk-lib/aws-ecr";
import {
  AwsLogDriver,
  Cluster,
  ContainerImage,
  ContainerInsights,
  DeploymentControllerType,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LinuxParameters,
  Secret as EcsSecret,
} from "aws-cdk-lib/aws-ecs";
import { type IGrantable, type IRole, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { type Database } from "./database.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import type { Network } from "./network.ts";
import { placeholderCommand } from "./placeholder.ts";
import type { StageProps } from "./stage-props.ts";

interface WebServiceProps extends StageProps {
  network: Network;
  database: Database;
  loadBalancer: LoadBalancer;
}

export const containerName = "app";
const baseImageName = "ecr-public/docker/library/node";

/** The ECS service that runs the app. The pipeline registers the task definition of each release, derived from `releaseTask`. */
export class WebService extends Construct {
  readonly repository: Repository;
  readonly baseImage: string;
  private readonly baseImageArn: string;
  readonly cluster: ICluster;
  readonly service: FargateService;
  /** Template of the task definitions of releases; it never runs itself. */
  readonly releaseTask: FargateTaskDefinition;
  readonly appSecret: Secret;
  readonly taskRole: IRole;
  readonly executionRole: IRole;
  readonly logGroup: LogGroup;
  private readonly props: WebServiceProps;

  constructor(scope: Construct, id: string, props: WebServiceProps) {
    super(scope, id);
    this.props = props;
    const { prefix, config } = props;
    const stack = Stack.of(this);
    this.baseImage = `${stack.account}.dkr.ecr.${stack.region}.${stack.urlSuffix}/${baseImageName}:24-slim`;
    this.baseImageArn = stack.formatArn({ service: "ecr", resource: "repository", resourceName: baseImageName });
    this.repository = this.createRepository(prefix);
    this.appSecret = new Secret(this, "AppSecret", {
      secretName: `${prefix}/app`,
      description: `Secret environment variables of ${prefix}, one key each`,
      generateSecretString: {
        secretStringTemplate: "{}",
        generateStringKey: config.app.generatedSecret,
        excludePunctuation: true,
        passwordLength: 48,
      },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/ecs/${prefix}`,
      retention: RetentionDays.THREE_MONTHS,
    });
    this.taskRole = new Role(this, "TaskRole", { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
    this.executionRole = this.createExecutionRole();
    const cluster = new Cluster(this, "Cluster", {
      clusterName: prefix,
      vpc: props.network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    this.cluster = cluster as ICluster; // exactOptionalPropertyTypes, as in network.ts
    this.releaseTask = this.createReleaseTask();
    this.service = this.createService();
  }

  private createRepository(prefix: string): Repository {
    new CfnPullThroughCacheRule(this, "BaseImages", {
      ecrRepositoryPrefix: "ecr-public",
      upstreamRegistryUrl: "public.ecr.aws",
    });
    return new Repository(this, "Images", {
      repositoryName: prefix,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      lifecycleRules: [{ description: "Images that a rollback can return to", maxImageCount: 50 }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private createExecutionRole(): Role {
    const role = new Role(this, "ExecutionRole", { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
    this.repository.grantPull(role);
    this.grantBaseImage(role);
    this.appSecret.grantRead(role);
    this.props.database.secret.grantRead(role);
    this.logGroup.grantWrite(role);
    return role;
  }

  /** The first pull of a cached image also imports it: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html */
  grantBaseImage(grantee: IGrantable): void {
    const actions = ["BatchGetImage", "GetDownloadUrlForLayer", "BatchImportUpstreamImage", "CreateRepository"];
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: actions.map((action) => `ecr:${action}`), resources: [this.baseImageArn] }),
    );
  }

  private createReleaseTask(): FargateTaskDefinition {
    const { database, config, stage, prefix } = this.props;
    const field = (key: string) => EcsSecret.fromSecretsManager(database.secret, key);
    const task = this.task("ReleaseTask", `${prefix}-release`);
    task.addContainer(containerName, {
      image: ContainerImage.fromEcrRepository(this.repository, "release"),
      entryPoint: [...config.app.start],
      environment: {
        NODE_ENV: "production",
        PORT: String(config.app.port),
        PGDATABASE: stage.database.name,
        PGSSLMODE: "no-verify",
      },
      secrets: {
        PGHOST: field("host"),
        PGPORT: field("port"),
        PGUSER: field("username"),
        PGPASSWORD: field("password"),
      },
      portMappings: [{ containerPort: config.app.port }],
      logging: this.logging("release"),
      stopTimeout: Duration.seconds(Math.min(stage.drainSeconds + 5, 120)),
      linuxParameters: this.linuxParameters("Release"),
    });
    return task;
  }

  private createService(): FargateService {
    const { network, loadBalancer, config, stage, prefix } = this.props;
    const task = this.task("PlaceholderTask", `${prefix}-placeholder`);
    task.addContainer(containerName, {
      image: ContainerImage.fromRegistry(this.baseImage),
      command: placeholderCommand,
      environment: { PORT: String(config.app.port) },
      portMappings: [{ containerPort: config.app.port }],
      logging: this.logging("placeholder"),
    });
    const service = new FargateService(this, "Service", {
      serviceName: prefix,
      cluster: this.cluster,
      taskDefinition: task,
      desiredCount: stage.tasks,
      deploymentController: { type: DeploymentControllerType.CODE_DEPLOY },
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [network.taskGroup],
      assignPublicIp: false,
      healthCheckGracePeriod: Duration.seconds(config.app.startSeconds),
      minHealthyPercent: 100,
    });
    service.attachToApplicationTargetGroup(loadBalancer.blue);
    // The first tasks already need the policies of their roles, and their target groups need listeners.
    service.node.addDependency(loadBalancer.production, loadBalancer.test, this.executionRole, this.taskRole);
    return service;
  }

  private task(id: string, family: string): FargateTaskDefinition {
    const { cpu, memoryMb } = this.props.stage;
    const { taskRole, executionRole } = this;
    return new FargateTaskDefinition(this, id, { family, cpu, memoryLimitMiB: memoryMb, taskRole, executionRole });
  }

  private logging(streamPrefix: string): AwsLogDriver {
    return new AwsLogDriver({ streamPrefix, logGroup: this.logGroup });
  }

  private linuxParameters(id: string): LinuxParameters {
    return new LinuxParameters(this, `${id}Process`, { initProcessEnabled: true });
  }
}
