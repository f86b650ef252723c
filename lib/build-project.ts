import { Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  BuildEnvironmentVariableType,
  type BuildEnvironment,
  BuildSpec,
  CfnProject,
  ComputeType,
  LinuxBuildImage,
  LinuxLambdaBuildImage,
  Project,
  Source as BuildSource,
} from "aws-cdk-lib/aws-codebuild";
import { Policy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { CfnSecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { releaseKit } from "../release-kit/bundle.ts";
import { BuildCache } from "./build-cache.ts";
import { buildspec, hasCache } from "./buildspec.ts";
import type { Config } from "./config/index.ts";
import type { StageProps } from "./stage-props.ts";
import type { Images } from "./images.ts";
import type { Source } from "./source.ts";

interface BuildProjectProps extends StageProps {
  source: Source;
  images: Images;
}

/** Builds the image of a commit, without Docker and therefore without privileged mode. */
export class BuildProject extends Construct {
  readonly project: Project;

  constructor(scope: Construct, id: string, { prefix, config, source, images }: BuildProjectProps) {
    super(scope, id);
    const kit = new Asset(this, "ReleaseKit", { path: releaseKit() });
    this.project = new Project(this, "Project", {
      projectName: prefix,
      source: sourceOf(source),
      secondarySources: [BuildSource.s3({ identifier: "release_kit", bucket: kit.bucket, path: kit.s3ObjectKey })],
      buildSpec: BuildSpec.fromObject(buildspec(config)),
      environment: environmentOf(config),
      environmentVariables: {
        REPOSITORY_URI: { value: images.repository.repositoryUri },
        BASE_IMAGE: { value: images.baseImage(config.app.node) },
        START_COMMAND: { value: JSON.stringify(config.app.start) },
        MIGRATION_SETTINGS: { value: JSON.stringify(config.app.migrations) },
        ...(config.app.files && { IMAGE_FILES: { value: JSON.stringify(config.app.files) } }),
        ...this.variables(config.build, prefix),
      },
      grantReportGroupPermissions: false,
      ...(config.build.compute !== "lambda" && { timeout: Duration.minutes(30), queuedTimeout: Duration.minutes(30) }),
      logging: { cloudWatch: { logGroup: this.logGroup(prefix) } },
    });
    images.repository.grantPullPush(this.project);
    images.grantBaseImage(this.project);
    if (hasCache(config.build)) new BuildCache(this, "Cache").useIn(this.project);
    if (source.kind === "github") this.useConnection(source.connectionArn);
  }

  /**
   * The construct library has no property for it. Actions and resource:
   * https://docs.aws.amazon.com/codebuild/latest/userguide/connections-github-app.html
   */
  private useConnection(connectionArn: string): void {
    const { defaultChild } = this.project.node;
    if (!(defaultChild instanceof CfnProject)) throw new Error("The build project has no CloudFormation resource");
    defaultChild.addPropertyOverride("Source.Auth", { Type: "CODECONNECTIONS", Resource: connectionArn });
    const service = connectionArn.split(":")[2];
    const actions = [`${service}:GetConnection`, `${service}:GetConnectionToken`];
    const statements = [new PolicyStatement({ actions, resources: [connectionArn] })];
    const policy = new Policy(this, "UseConnection", { statements });
    this.project.role?.attachInlinePolicy(policy);
    // Not in the role's own policy, which depends on the project: the project is refused if its role cannot use the connection.
    defaultChild.node.addDependency(policy);
  }

  /** CodeBuild reads the secrets when a build starts, and hides them in its log. */
  private variables({ variables, secrets }: Config["build"], prefix: string) {
    const plain = Object.entries(variables).map(([name, value]) => [name, { value }]);
    if (secrets.length === 0) return Object.fromEntries(plain);
    const secretName = `${prefix}/build`;
    const secret = new Secret(this, "Secret", {
      secretName,
      description: `Secret environment variables of the builds of ${prefix}, one key each`,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { defaultChild } = secret.node;
    if (!(defaultChild instanceof CfnSecret)) throw new Error("The build secret has no CloudFormation resource");
    defaultChild.addPropertyDeletionOverride("GenerateSecretString");
    const type = BuildEnvironmentVariableType.SECRETS_MANAGER;
    const hidden = secrets.map((name) => [name, { type, value: `${secretName}:${name}` }]);
    return Object.fromEntries([...plain, ...hidden]);
  }

  private logGroup(prefix: string): LogGroup {
    return new LogGroup(this, "Logs", {
      logGroupName: `/aws/codebuild/${prefix}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

const computeTypes = { small: ComputeType.SMALL, medium: ComputeType.MEDIUM, large: ComputeType.LARGE } as const;

const lambdaImages = {
  20: LinuxLambdaBuildImage.AMAZON_LINUX_2023_NODE_20,
  22: LinuxLambdaBuildImage.AMAZON_LINUX_2023_NODE_22,
  24: LinuxLambdaBuildImage.AMAZON_LINUX_2023_NODE_24,
} as const;

function environmentOf({ app, build }: Config): BuildEnvironment {
  if (build.compute === "lambda") return { buildImage: lambdaImages[app.node], computeType: ComputeType.LAMBDA_4GB };
  return { buildImage: LinuxBuildImage.STANDARD_7_0, computeType: computeTypes[build.compute] };
}

function sourceOf(source: Source) {
  if (source.kind === "codecommit") return BuildSource.codeCommit({ repository: source.repository });
  const [owner = "", repo = ""] = source.name.split("/");
  return BuildSource.gitHub({ owner, repo, webhook: false, reportBuildStatus: false });
}
