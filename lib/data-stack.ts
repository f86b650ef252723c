import { CfnOutput, Fn, RemovalPolicies, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnSecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { deploymentsByTime } from "../lambdas/core/contract.ts";
import { useFeatureFlags } from "./feature-flags.ts";
import { Database } from "./database.ts";
import { Images } from "./images.ts";
import { Network } from "./network.ts";
import type { StageProps } from "./stage-props.ts";

/**
 * What a stage cannot lose: database, secrets, images, records and logs, and the network they are in.
 * Retained when the stack is deleted, but not when its first creation fails, so that it can be retried:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
export class DataStack extends Stack {
  readonly network: Network;
  readonly database: Database;
  readonly images: Images;
  readonly appSecret: Secret;
  readonly logGroup: LogGroup;
  readonly table: Table;

  constructor(scope: Construct, id: string, props: StageProps & StackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    useFeatureFlags(this);
    const { prefix } = props;
    this.network = new Network(this, "Network");
    this.database = new Database(this, "Database", { ...props, network: this.network });
    this.images = new Images(this, "Images", { prefix });
    this.appSecret = this.createAppSecret(props);
    this.logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/ecs/${prefix}`,
      retention: RetentionDays.THREE_MONTHS,
    });
    this.table = this.createTable(prefix);
    RemovalPolicies.of(this).apply(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    new CfnOutput(this, "TableName", { value: this.table.tableName });
  }

  /** The same with an account and Region in the configuration as without: otherwise the synthesis would look them up in the account. */
  override get availabilityZones(): string[] {
    return [0, 1].map((index) => Fn.select(index, Fn.getAzs()));
  }

  /** Without a value: the service stack adds the generated key, and people the others. */
  private createAppSecret({ prefix }: StageProps): Secret {
    const secret = new Secret(this, "AppSecret", {
      secretName: `${prefix}/app`,
      description: `Secret environment variables of ${prefix}, one key each`,
    });
    const { defaultChild } = secret.node;
    if (!(defaultChild instanceof CfnSecret)) throw new Error("The app's secret has no CloudFormation resource");
    defaultChild.addPropertyDeletionOverride("GenerateSecretString");
    return secret;
  }

  /** One table for deployments, the lock and its queue, waiting task tokens and releases, distinguished by partition key. */
  private createTable(prefix: string): Table {
    const table = new Table(this, "Table", {
      tableName: prefix,
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      timeToLiveAttribute: "expiresAt",
    });
    // For people: pages of a long history. No step decides by it, because it is only eventually consistent.
    table.addGlobalSecondaryIndex({
      indexName: deploymentsByTime,
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "createdAt", type: AttributeType.STRING },
    });
    return table;
  }
}
