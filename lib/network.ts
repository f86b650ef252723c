import { CfnEIP, NatProvider, Peer, Port, SecurityGroup, SubnetType, Vpc, type IVpc } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { listenerPorts } from "../lambdas/core/contract.ts";

/** Tasks do not run as root. */
const minAppPort = 1024;

/** Public subnets for the load balancer, private ones with egress for tasks and functions, isolated ones for the database. */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly loadBalancerGroup: SecurityGroup;
  readonly taskGroup: SecurityGroup;
  readonly functionGroup: SecurityGroup;
  readonly databaseGroup: SecurityGroup;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const exit = new CfnEIP(this, "ExitAddress", { domain: "vpc" });
    const vpc = new Vpc(this, "Vpc", {
      maxAzs: 2,
      natGateways: 1,
      natGatewayProvider: NatProvider.gateway({ eipAllocationIds: [exit.attrAllocationId] }),
      subnetConfiguration: [
        { name: "public", subnetType: SubnetType.PUBLIC, cidrMask: 24 },
        { name: "private", subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 },
        { name: "isolated", subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    });
    this.vpc = vpc as IVpc; // a getter of Vpc returns undefined where IVpc omits the property, which exactOptionalPropertyTypes distinguishes
    this.loadBalancerGroup = this.group("LoadBalancer", "Load balancer");
    this.taskGroup = this.group("Tasks", "Tasks of the app");
    this.functionGroup = this.group("Functions", "Pipeline functions in the VPC");
    this.databaseGroup = this.group("Database", "Database");

    this.loadBalancerGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(listenerPorts.http), "production");
    this.loadBalancerGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(listenerPorts.https), "production over TLS");
    // The load balancer's DNS name resolves to public addresses, so the probe of green arrives through the NAT gateway.
    const probe = Peer.ipv4(`${exit.attrPublicIp}/32`);
    this.loadBalancerGroup.addIngressRule(
      probe,
      Port.tcp(listenerPorts.test),
      "probe of green before it takes traffic",
    );
    // The port belongs to the release: two releases may listen on different ones while traffic shifts.
    this.taskGroup.addIngressRule(this.loadBalancerGroup, Port.tcpRange(minAppPort, 65_535), "load balancer");
    this.taskGroup.addIngressRule(this.functionGroup, Port.tcpRange(minAppPort, 65_535), "check of an unhealthy task");
    this.databaseGroup.addIngressRule(this.taskGroup, Port.tcp(5432), "app and migrations");
    this.databaseGroup.addIngressRule(this.functionGroup, Port.tcp(5432), "plan");
  }

  private group(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, `${id}SecurityGroup`, { vpc: this.vpc, description, allowAllOutbound: true });
  }
}
