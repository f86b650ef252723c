import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Alarms } from "./alarms.ts";
import { BlueGreen } from "./blue-green.ts";
import { Database } from "./database.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { Network } from "./network.ts";
import type { StageProps } from "./stage-props.ts";
import { WebService } from "./web-service.ts";

/** Runs the app of a stage. Independent of the pipeline. */
export class ServiceStack extends Stack {
  readonly network: Network;
  readonly database: Database;
  readonly loadBalancer: LoadBalancer;
  readonly webService: WebService;
  readonly alarms: Alarms;
  readonly blueGreen: BlueGreen;

  constructor(scope: Construct, id: string, props: StageProps & StackProps) {
    super(scope, id, props);
    this.network = new Network(this, "Network", { appPort: props.config.app.port });
    const inNetwork = { ...props, network: this.network };
    this.database = new Database(this, "Database", inNetwork);
    this.loadBalancer = new LoadBalancer(this, "Traffic", inNetwork);
    const behindLoadBalancer = { ...inNetwork, loadBalancer: this.loadBalancer };
    this.webService = new WebService(this, "App", { ...behindLoadBalancer, database: this.database });
    this.alarms = new Alarms(this, "Alarms", behindLoadBalancer);
    this.blueGreen = new BlueGreen(this, "BlueGreen", {
      ...behindLoadBalancer,
      webService: this.webService,
      alarms: this.alarms,
    });
    new CfnOutput(this, "LoadBalancerAddress", { value: this.loadBalancer.loadBalancer.loadBalancerDnsName });
  }
}
