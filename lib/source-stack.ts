import { RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-codecommit";
import type { Construct } from "constructs";
import { useFeatureFlags } from "./feature-flags.ts";
import type { Config } from "./config/index.ts";

interface SourceStackProps extends StackProps {
  config: Config;
}

/** The repository of the app. Each stage follows a branch of it. */
export class SourceStack extends Stack {
  readonly repository: Repository;

  constructor(scope: Construct, id: string, props: SourceStackProps) {
    super(scope, id, props);
    useFeatureFlags(this);
    this.repository = new Repository(this, "Repository", {
      repositoryName: props.config.source.codecommit?.repository ?? props.config.name,
      description: `Source of ${props.config.name}; a push starts a deployment`,
    });
    this.repository.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
