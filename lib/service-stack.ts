import { Annotations, CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { useFeatureFlags } from "./feature-flags.ts";
import { Alarms } from "./alarms.ts";
import { AppSecret } from "./app-secret.ts";
import { BlueGreen } from "./blue-green.ts";
import { DatabaseRoles } from "./database-roles.ts";
import type { DataStack } from "./data-stack.ts";
import { LoadBalancer } from "./load-balancer.ts";
import type { StageProps } from "./stage-props.ts";
import { WebService } from "./web-service.ts";

interface ServiceStackProps extends StageProps, StackProps {
  data: DataStack;
}

/** Runs the app of a stage. Independent of the pipeline. */
export class ServiceStack extends Stack {
  readonly loadBalancer: LoadBalancer;
  readonly webService: WebService;
  readonly alarms: Alarms;
  readonly blueGreen: BlueGreen;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    useFeatureFlags(this);
    if (props.stageName === "production" && props.stage.certificateArn === undefined)
      Annotations.of(this).addWarningV2(
        "lockstep:http",
        "Stage production is served over HTTP. Fix: request a certificate in ACM and set certificateArn",
      );
    new AppSecret(this, "AppSecret", { ...props, secretArn: props.data.appSecret.secretArn });
    new DatabaseRoles(this, "DatabaseRoles", props);
    this.loadBalancer = new LoadBalancer(this, "Traffic", { ...props, network: props.data.network });
    const behindLoadBalancer = { ...props, loadBalancer: this.loadBalancer };
    this.webService = new WebService(this, "App", behindLoadBalancer);
    this.alarms = new Alarms(this, "Alarms", behindLoadBalancer);
    this.blueGreen = new BlueGreen(this, "BlueGreen", {
      ...behindLoadBalancer,
      webService: this.webService,
      alarms: this.alarms,
    });
    new CfnOutput(this, "LoadBalancerAddress", { value: this.loadBalancer.loadBalancer.loadBalancerDnsName });
  }
}
