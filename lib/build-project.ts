import { readFileSync } from "node:fs";
import path from "node:path";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { BuildSpec, ComputeType, LinuxBuildImage, Project, Source } from "aws-cdk-lib/aws-codebuild";
import type { IRepository } from "aws-cdk-lib/aws-codecommit";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { Construct } from "constructs";
import { parse } from "yaml";
import { bundleReleaseKit } from "../release-kit/bundle.ts";
import type { StageProps } from "./stage-props.ts";
import type { Images } from "./images.ts";

interface BuildProjectProps extends StageProps {
  repository: IRepository;
  images: Images;
}

const root = path.resolve(import.meta.dirname, "..");

/** Builds the image of a commit, without Docker and therefore without privileged mode. */
export class BuildProject extends Construct {
  readonly project: Project;

  constructor(scope: Construct, id: string, { prefix, config, repository, images }: BuildProjectProps) {
    super(scope, id);
    const kit = path.join(root, "node_modules", ".cache", "lockstep", "release-kit");
    bundleReleaseKit(kit);
    const releaseKit = new Asset(this, "ReleaseKit", { path: kit });
    this.project = new Project(this, "Project", {
      projectName: prefix,
      source: Source.codeCommit({ repository }),
      secondarySources: [
        Source.s3({ identifier: "release_kit", bucket: releaseKit.bucket, path: releaseKit.s3ObjectKey }),
      ],
      buildSpec: BuildSpec.fromObject(defaultBuildspec()),
      environment: { buildImage: LinuxBuildImage.STANDARD_7_0, computeType: ComputeType.SMALL },
      environmentVariables: {
        REPOSITORY_URI: { value: images.repository.repositoryUri },
        BASE_IMAGE: { value: images.baseImage },
        START_COMMAND: { value: JSON.stringify(config.app.start) },
        MIGRATIONS_FOLDER: { value: config.app.migrate.folder },
      },
      grantReportGroupPermissions: false,
      timeout: Duration.minutes(30),
      queuedTimeout: Duration.minutes(30),
      logging: { cloudWatch: { logGroup: this.logGroup(prefix) } },
    });
    images.repository.grantPullPush(this.project);
    images.grantBaseImage(this.project);
  }

  private logGroup(prefix: string): LogGroup {
    return new LogGroup(this, "Logs", {
      logGroupName: `/aws/codebuild/${prefix}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

function defaultBuildspec(): Record<string, unknown> {
  return parse(readFileSync(path.join(root, "release-kit", "buildspec.yml"), "utf8")) as Record<string, unknown>; // a YAML mapping, part of this package
}
