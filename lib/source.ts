import { RemovalPolicy, SecretValue } from "aws-cdk-lib";
import type { IRepository } from "aws-cdk-lib/aws-codecommit";
import { CfnSecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { StageProps } from "./stage-props.ts";

/** Where the commits of a stage come from. */
export type Source =
  | { readonly kind: "codecommit"; readonly name: string; readonly repository: IRepository }
  | ({ readonly kind: "github"; readonly name: string } & GitHubSource);

interface GitHubSource {
  readonly connectionArn: string;
  readonly token: Secret;
  readonly webhookSecret: Secret;
  readonly webhookConcurrency: number | undefined;
}

/** The secrets with which a stage and GitHub know each other. `lockstep github connect` replaces them, so they are deleted with the stack. */
export class GitHubSecrets extends Construct {
  readonly token: Secret;
  readonly webhookSecret: Secret;

  constructor(scope: Construct, id: string, { prefix }: StageProps) {
    super(scope, id);
    this.token = new Secret(this, "Token", {
      secretName: `${prefix}/github-token`,
      description: `Token with which ${prefix} reads its repository and reports to GitHub`,
      removalPolicy: RemovalPolicy.DESTROY,
      secretStringValue: SecretValue.unsafePlainText(""), // replaced by the next line
    });
    withoutValue(this.token);
    this.webhookSecret = new Secret(this, "Webhook", {
      secretName: `${prefix}/github-webhook`,
      description: `Signs GitHub's webhook deliveries to ${prefix}`,
      removalPolicy: RemovalPolicy.DESTROY,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
  }
}

/** CloudFormation creates it empty, and no update overwrites the value that people have saved. */
function withoutValue({ node: { defaultChild } }: Secret): void {
  if (!(defaultChild instanceof CfnSecret)) throw new Error("The secret has no CloudFormation resource");
  defaultChild.addPropertyDeletionOverride("SecretString");
  defaultChild.addPropertyDeletionOverride("GenerateSecretString");
}

export function gitHubSource(scope: Construct, props: StageProps): Source | undefined {
  const { github } = props.config.source;
  if (!github) return undefined;
  const { token, webhookSecret } = new GitHubSecrets(scope, "GitHub", props);
  return {
    kind: "github",
    name: github.repository,
    connectionArn: props.stage.connectionArn ?? github.connectionArn,
    token,
    webhookSecret,
    webhookConcurrency: github.webhookConcurrency === "unreserved" ? undefined : github.webhookConcurrency,
  };
}
