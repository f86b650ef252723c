import { Stack } from "aws-cdk-lib";
import {
  ApplicationListener,
  type ApplicationLoadBalancer,
  type ApplicationTargetGroup,
  type IApplicationListener,
  SslPolicy,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import type { ISecurityGroup } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type * as z from "zod/mini";
import type { properties } from "../lambdas/resources/production-listener/contract.ts";
import { NodeFunction } from "./node-function.ts";
import { provideResource } from "./provide-resource.ts";
import type { StageProps } from "./stage-props.ts";

interface ProductionListenerProps extends StageProps {
  loadBalancer: ApplicationLoadBalancer;
  securityGroup: ISecurityGroup;
  initialTargetGroup: ApplicationTargetGroup;
  testListener: IApplicationListener;
}

/** The listener that users reach, whose traffic only deployments move: see lambdas/resources/production-listener. */
export class ProductionListener extends Construct {
  readonly listener: IApplicationListener;

  constructor(scope: Construct, id: string, props: ProductionListenerProps) {
    super(scope, id);
    const { prefix, stage, loadBalancer, securityGroup, initialTargetGroup, testListener } = props;
    const stack = Stack.of(this);
    const listeners = stack.formatArn({
      service: "elasticloadbalancing",
      resource: "listener",
      resourceName: `app/${prefix}/*`,
    });
    const provider = new NodeFunction(this, "Provider", {
      functionName: `${prefix}-production-listener`,
      entry: "resources/production-listener",
      timeoutSeconds: 60,
      may: [
        { actions: ["elasticloadbalancing:CreateListener"], resources: [loadBalancer.loadBalancerArn] },
        {
          actions: ["elasticloadbalancing:ModifyListener", "elasticloadbalancing:DeleteListener"],
          resources: [listeners],
        },
        { actions: ["elasticloadbalancing:DescribeListeners"], resources: ["*"] }, // no resource-level permissions
      ],
    });
    const settings: z.input<typeof properties> = {
      LoadBalancerArn: loadBalancer.loadBalancerArn,
      TestListenerArn: testListener.listenerArn,
      InitialTargetGroupArn: initialTargetGroup.targetGroupArn,
      ...(stage.certificateArn !== undefined && {
        CertificateArn: stage.certificateArn,
        SslPolicy: SslPolicy.RECOMMENDED_TLS,
      }),
    };
    const resource = provideResource(this, "Listener", {
      type: "Custom::ProductionListener",
      provider,
      properties: settings,
    });
    this.listener = ApplicationListener.fromApplicationListenerAttributes(this, "Imported", {
      listenerArn: resource.ref,
      securityGroup,
    });
  }
}
