import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Alarms } from "./alarms.ts";
import { BlueGreen } from "./blue-green.ts";
import { Database } from "./database.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { Network } from "./network.ts";
import type { StageProps } from "./stage-props.ts";
import { WebService } from "./web-service.ts";

/** What runs the app in a stage, whether or not anything is being deployed. */
export class ServiceStack extends Stack {
  readonly network: Network;
  readonly database: Database;
  readonly loadBalancer: LoadBalancer;
  readonly webService: WebService;
  readonly alarms: Alarms;
  readonly blueGreen: BlueGreen;

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id, props);
    const { config, prefix, stage } = props;
    this.network = new Network(this, "Network", { appPort: config.app.port });
    this.database = new Database(this, "Database", { prefix, network: this.network, stage });
    this.loadBalancer = new LoadBalancer(this, "Traffic", { network: this.network, props });
    this.webService = new WebService(this, "App", {
      network: this.network,
      database: this.database,
      loadBalancer: this.loadBalancer,
      props,
    });
    this.alarms = new Alarms(this, "Alarms", { props, loadBalancer: this.loadBalancer });
    this.blueGreen = new BlueGreen(this, "BlueGreen", {
      props,
      service: this.webService,
      loadBalancer: this.loadBalancer,
      alarms: this.alarms,
    });
    new CfnOutput(this, "LoadBalancerAddress", { value: this.loadBalancer.loadBalancer.loadBalancerDnsName });
  }
}
