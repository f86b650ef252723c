import { RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-codecommit";
import type { Construct } from "constructs";
import type { Config } from "./config.ts";

interface SourceStackProps extends StackProps {
  config: Config;
}

/** The repository that is pushed to. All stages follow branches of this one. */
export class SourceStack extends Stack {
  readonly repository: Repository;

  constructor(scope: Construct, id: string, props: SourceStackProps) {
    super(scope, id, props);
    this.repository = new Repository(this, "Repository", {
      repositoryName: props.config.repository ?? props.config.name,
      description: `Source of ${props.config.name}; a push starts its deployment`,
    });
    this.repository.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
