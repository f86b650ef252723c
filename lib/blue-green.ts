import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import {
  EcsApplication,
  EcsDeploymentConfig,
  EcsDeploymentGroup,
  type IEcsDeploymentConfig,
  TrafficRouting,
} from "aws-cdk-lib/aws-codedeploy";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Alarms } from "./alarms.ts";
import type { StageConfig } from "./config/index.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import type { StageProps } from "./stage-props.ts";
import type { WebService } from "./web-service.ts";

interface BlueGreenProps extends StageProps {
  webService: WebService;
  loadBalancer: LoadBalancer;
  alarms: Alarms;
}

/** The blue/green deployment by CodeDeploy: how traffic shifts, how long blue keeps running, and what triggers a rollback. */
export class BlueGreen extends Construct {
  readonly application: EcsApplication;
  readonly deploymentGroup: EcsDeploymentGroup;
  private readonly props: BlueGreenProps;

  constructor(scope: Construct, id: string, props: BlueGreenProps) {
    super(scope, id);
    this.props = props;
    const { webService, loadBalancer, alarms } = props;
    this.application = new EcsApplication(this, "Application", { applicationName: props.prefix });
    this.deploymentGroup = new EcsDeploymentGroup(this, "Group", {
      application: this.application,
      deploymentGroupName: props.prefix,
      role: this.createRole().withoutPolicyUpdates(), // otherwise the construct attaches a managed policy for every service of the account
      service: webService.service,
      deploymentConfig: this.deploymentConfig(props.stage),
      blueGreenDeploymentConfig: {
        blueTargetGroup: loadBalancer.blue,
        greenTargetGroup: loadBalancer.green,
        listener: loadBalancer.production.listener,
        testListener: loadBalancer.test,
        terminationWaitTime: Duration.minutes(props.stage.bakeMinutes),
      },
      alarms: [...alarms.all],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
  }

  private deploymentConfig({ traffic }: StageConfig): IEcsDeploymentConfig {
    if (traffic === "all-at-once") return EcsDeploymentConfig.ALL_AT_ONCE;
    const routing =
      "canary" in traffic
        ? TrafficRouting.timeBasedCanary({
            percentage: traffic.canary.percent,
            interval: Duration.minutes(traffic.canary.minutes),
          })
        : TrafficRouting.timeBasedLinear({
            percentage: traffic.linear.percent,
            interval: Duration.minutes(traffic.linear.minutes),
          });
    return new EcsDeploymentConfig(this, "Config", { trafficRouting: routing });
  }

  /** The permissions of AWSCodeDeployRoleForECS, restricted to this stage where AWS supports it: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/codedeploy_IAM_role.html */
  private createRole(): Role {
    const { prefix, webService } = this.props;
    const stack = Stack.of(this);
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("codedeploy.amazonaws.com") });
    const ecs = (resource: string, name: string) => stack.formatArn({ service: "ecs", resource, resourceName: name });
    const allow = (actions: string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    allow(
      [
        "ecs:DescribeServices",
        "ecs:CreateTaskSet",
        "ecs:UpdateServicePrimaryTaskSet",
        "ecs:DeleteTaskSet",
        "ecs:DescribeTaskSets",
      ],
      [ecs("service", `${prefix}/${prefix}`), ecs("task-set", `${prefix}/*`)],
    );
    allow(
      ["elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"],
      [
        stack.formatArn({
          service: "elasticloadbalancing",
          resource: "listener*",
          resourceName: `app/${prefix}/*`,
        }),
      ],
    );
    // These actions have no resource-level permissions.
    allow(
      [
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "cloudwatch:DescribeAlarms",
        "ecs:DescribeTaskDefinition",
      ],
      ["*"],
    );
    allow(
      ["lambda:InvokeFunction"],
      [
        stack.formatArn({
          service: "lambda",
          resource: "function",
          resourceName: `${prefix}-probe-green`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ["iam:PassRole"],
        resources: [webService.taskRole.roleArn, webService.executionRole.roleArn],
        conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      }),
    );
    return role;
  }
}
