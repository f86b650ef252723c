import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { SubnetType } from "aws-cdk-lib/aws-ec2";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { bundleFunction } from "./bundle-function.ts";
import type { Statement } from "./grants/statement.ts";
import type { Network } from "./network.ts";

interface NodeFunctionProps {
  functionName: string;
  /** Folder under lambdas/, e.g. `deploy/build`. */
  entry: string;
  timeoutSeconds: number;
  environment?: Readonly<Record<string, string>>;
  may: readonly Statement[];
  concurrency?: number | undefined;
  /** For a function that connects to the database or the test listener. */
  network?: Network | undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions: no resource-level permissions. */
const networkInterfaces: Statement = {
  actions: [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
  ],
  resources: ["*"],
};

/** A Lambda function with its own role and log group. */
export class NodeFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const { functionName, entry, timeoutSeconds, environment = {}, may, network, concurrency } = props;
    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, "Role", {
      description: `Function ${functionName}`,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    logGroup.grantWrite(role);
    for (const statement of [...(network ? [networkInterfaces] : []), ...may])
      role.addToPolicy(new PolicyStatement(statement));
    this.function = new LambdaFunction(this, "Function", {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: Code.fromAsset(bundleFunction(entry)),
      role,
      logGroup,
      memorySize: 512,
      ...(concurrency !== undefined && { reservedConcurrentExecutions: concurrency }),
      timeout: Duration.seconds(timeoutSeconds),
      environment: {
        ...environment,
        // For TLS to the database: the file has the certificate authorities of RDS, which Node.js does not include.
        ...(network && { NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem" }),
      },
      ...(network && {
        vpc: network.vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        securityGroups: [network.functionGroup],
      }),
    });
  }
}
