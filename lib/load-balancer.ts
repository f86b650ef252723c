import { Duration } from "aws-cdk-lib";
import { SubnetType } from "aws-cdk-lib/aws-ec2";
import {
  type ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  DesyncMitigationMode,
  TargetType,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { Construct } from "constructs";
import { listenerPorts } from "../lambdas/core/contract.ts";
import type { Network } from "./network.ts";
import { ProductionListener } from "./production-listener.ts";
import type { StageProps } from "./stage-props.ts";

interface LoadBalancerProps extends StageProps {
  network: Network;
}

/** Production and test listener, and the two target groups between which CodeDeploy shifts traffic. */
export class LoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly production: ProductionListener;
  readonly test: ApplicationListener;
  readonly blue: ApplicationTargetGroup;
  readonly green: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    this.loadBalancer = new ApplicationLoadBalancer(this, "LoadBalancer", {
      loadBalancerName: props.prefix,
      vpc: props.network.vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      internetFacing: true,
      securityGroup: props.network.loadBalancerGroup,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      idleTimeout: Duration.seconds(60),
    });
    this.blue = this.targetGroup("Blue", props);
    this.green = this.targetGroup("Green", props);
    this.test = this.loadBalancer.addListener("Test", {
      open: false,
      port: listenerPorts.test,
      protocol: ApplicationProtocol.HTTP,
      defaultTargetGroups: [this.blue],
    });
    this.production = new ProductionListener(this, "Production", {
      ...props,
      loadBalancer: this.loadBalancer,
      securityGroup: props.network.loadBalancerGroup,
      initialTargetGroup: this.blue,
      testListener: this.test,
    });
  }

  /** CloudFormation only creates it: nothing here depends on the configuration, so that no stack update changes what the live release runs with. */
  private targetGroup(id: string, { network, prefix }: LoadBalancerProps): ApplicationTargetGroup {
    return new ApplicationTargetGroup(this, id, {
      targetGroupName: `${prefix}-${id.toLowerCase()}`,
      vpc: network.vpc,
      targetType: TargetType.IP,
      protocol: ApplicationProtocol.HTTP,
      port: 80, // tasks register with their own port
      healthCheck: {
        path: "/", // of the placeholder; each release sets its own
        healthyHttpCodes: "200",
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
  }
}
