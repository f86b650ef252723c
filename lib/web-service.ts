import { Duration } from "aws-cdk-lib";
import { SubnetType } from "aws-cdk-lib/aws-ec2";
import {
  AwsLogDriver,
  Cluster,
  ContainerImage,
  ContainerInsights,
  DeploymentControllerType,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
} from "aws-cdk-lib/aws-ecs";
import { type IRole, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { DataStack } from "./data-stack.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import { placeholderCommand, placeholderPort } from "./placeholder.ts";
import type { StageProps } from "./stage-props.ts";

interface WebServiceProps extends StageProps {
  data: DataStack;
  loadBalancer: LoadBalancer;
}

export const containerName = "app";

/**
 * The ECS service that runs the app. CloudFormation only creates it: what can change is set by each release, since
 * CloudFormation cannot update a service with the CODE_DEPLOY controller
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html). Nothing here depends on the configuration
 * beyond names.
 */
export class WebService extends Construct {
  readonly cluster: ICluster;
  readonly service: FargateService;
  readonly taskRole: IRole;
  readonly executionRole: IRole;
  private readonly props: WebServiceProps;

  constructor(scope: Construct, id: string, props: WebServiceProps) {
    super(scope, id);
    this.props = props;
    this.taskRole = new Role(this, "TaskRole", { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
    this.executionRole = this.createExecutionRole();
    const cluster = new Cluster(this, "Cluster", {
      clusterName: props.prefix,
      vpc: props.data.network.vpc,
      containerInsightsV2: ContainerInsights.ENABLED,
    });
    this.cluster = cluster as ICluster; // exactOptionalPropertyTypes, as in network.ts
    this.service = this.createService();
  }

  private createExecutionRole(): Role {
    const { images, appSecret, database, logGroup } = this.props.data;
    const role = new Role(this, "ExecutionRole", { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
    images.repository.grantPull(role);
    images.grantBaseImage(role);
    appSecret.grantRead(role);
    database.appSecret.grantRead(role);
    database.migrationsSecret.grantRead(role);
    logGroup.grantWrite(role);
    return role;
  }

  private createService(): FargateService {
    const { data, loadBalancer, prefix } = this.props;
    const service = new FargateService(this, "Service", {
      serviceName: prefix,
      cluster: this.cluster,
      taskDefinition: this.createPlaceholder(),
      desiredCount: 1,
      deploymentController: { type: DeploymentControllerType.CODE_DEPLOY },
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [data.network.taskGroup],
      assignPublicIp: false,
      healthCheckGracePeriod: Duration.seconds(60),
      minHealthyPercent: 100,
    });
    service.attachToApplicationTargetGroup(loadBalancer.blue);
    // The first tasks already need the policies of their roles, and their target groups need listeners.
    service.node.addDependency(loadBalancer.production, loadBalancer.test, this.executionRole, this.taskRole);
    return service;
  }

  /** Runs until the first release. */
  private createPlaceholder(): FargateTaskDefinition {
    const { data, prefix } = this.props;
    const { taskRole, executionRole } = this;
    const task = new FargateTaskDefinition(this, "PlaceholderTask", {
      family: `${prefix}-placeholder`,
      cpu: 256,
      memoryLimitMiB: 512,
      taskRole,
      executionRole,
    });
    task.addContainer(containerName, {
      image: ContainerImage.fromRegistry(data.images.baseImage(24)),
      command: placeholderCommand,
      environment: { PORT: String(placeholderPort) },
      portMappings: [{ containerPort: placeholderPort }],
      logging: new AwsLogDriver({ streamPrefix: "placeholder", logGroup: data.logGroup }),
    });
    return task;
  }
}
