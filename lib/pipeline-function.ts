import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { SubnetType } from "aws-cdk-lib/aws-ec2";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { bundleFunction } from "./bundle-function.ts";
import { commonEnvironment } from "./environment.ts";
import type { Grant } from "./grants/grant.ts";
import { useNetworkInterfaces, useTable } from "./grants/pipeline.ts";
import { pascalCase } from "./pascal-case.ts";
import type { PipelineContext } from "./pipeline-context.ts";

interface FunctionProps {
  /** Folder under lambdas/, e.g. `deploy/build`. */
  entry: string;
  /** The function is `<prefix>-<name>`; the last part of `entry` when left out. */
  name?: string;
  timeoutSeconds: number;
  environment?: (context: PipelineContext) => Readonly<Record<string, string>>;
  may?: readonly Grant[];
  /** For a function that connects to the database or the test listener. */
  inVpc?: true;
  /** For a function that keeps no records. */
  withoutTable?: true;
}

/** A function as data: what it runs, what it is configured with, what it may do. */
export function pipelineFunction(props: FunctionProps): (context: PipelineContext) => PipelineFunction {
  return (context) => {
    const name = props.name ?? props.entry.replace(/^.*\//, "");
    return new PipelineFunction(context.stack, pascalCase(name), { ...props, name, context });
  };
}

interface PipelineFunctionProps extends FunctionProps {
  name: string;
  context: PipelineContext;
}

/** A Lambda function with its own role and log group. */
export class PipelineFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    const { context, environment, may = [], inVpc, withoutTable } = props;
    const { network } = context.data;
    const functionName = `${context.props.prefix}-${props.name}`;
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
    const grants = [...(withoutTable ? [] : [useTable]), ...(inVpc ? [useNetworkInterfaces] : []), ...may];
    for (const statement of grants.flatMap((grant) => grant(context))) role.addToPolicy(new PolicyStatement(statement));
    this.function = new LambdaFunction(this, "Function", {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: Code.fromAsset(bundleFunction(props.entry)),
      role,
      logGroup,
      memorySize: 512,
      timeout: Duration.seconds(props.timeoutSeconds),
      environment: {
        ...(!withoutTable && commonEnvironment(context)),
        ...environment?.(context),
        // For TLS to the database: the file has the certificate authorities of RDS, which Node.js does not include.
        ...(inVpc && { NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem" }),
      },
      ...(inVpc && {
        vpc: network.vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        securityGroups: [network.functionGroup],
      }),
    });
  }
}
