import { Duration, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { SubnetType } from "aws-cdk-lib/aws-ec2";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { bundleFunction } from "./bundle-function.ts";
import type { Network } from "./network.ts";

interface PipelineFunctionProps {
  /** Last part of the function's name. */
  name: string;
  /** Folder under lambdas/, e.g. `deploy/build`. */
  entry: string;
  prefix: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  /** Set for a function that must reach the database or the test listener. */
  network?: Network;
}

/** A function of the pipeline with a role and a log group of its own; it may do what its twin in lib/ grants and nothing else. */
export class PipelineFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    const functionName = `${props.prefix}-${props.name}`;
    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, "Role", {
      description: `Function ${functionName}`,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    logGroup.grantWrite(this.role);
    this.function = new LambdaFunction(this, "Function", {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: Code.fromAsset(bundleFunction(props.entry)),
      role: this.role,
      logGroup,
      memorySize: 512,
      timeout: Duration.seconds(props.timeoutSeconds),
      // Those who reach the database check its certificate: the runtime's file has RDS's authorities, which Node.js has not.
      environment: { ...props.environment, ...(props.network && { NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem" }) },
      ...(props.network && this.inNetwork(props.network)),
    });
  }

  allow(actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>): this {
    this.role.addToPolicy(new PolicyStatement({ actions, resources, ...(conditions && { conditions }) }));
    return this;
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions: none of these takes a resource. */
  private inNetwork(network: Network) {
    const actions = [
      "CreateNetworkInterface",
      "DescribeNetworkInterfaces",
      "DescribeSubnets",
      "DeleteNetworkInterface",
    ];
    this.allow(
      actions.map((action) => `ec2:${action}`),
      ["*"],
    );
    return {
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [network.functionGroup],
    };
  }

  static arnOf(stack: Stack, prefix: string, name: string): string {
    return `arn:${stack.partition}:lambda:${stack.region}:${stack.account}:function:${prefix}-${name}`;
  }
}
