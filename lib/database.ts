import { Duration } from "aws-cdk-lib";
import { InstanceType, SubnetType } from "aws-cdk-lib/aws-ec2";
import {
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseSecret,
  ParameterGroup,
  PostgresEngineVersion,
  SubnetGroup,
} from "aws-cdk-lib/aws-rds";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { Network } from "./network.ts";
import type { StageProps } from "./stage-props.ts";

interface DatabaseProps extends StageProps {
  network: Network;
}

/** PostgreSQL on RDS: encrypted, TLS only. */
export class Database extends Construct {
  readonly instance: DatabaseInstance;
  /** Of the master user, with host, port, user, password and database name. */
  readonly secret: ISecret;
  /** Of the login of the app. */
  readonly appSecret: ISecret;
  /** Of the login of migrations. */
  readonly migrationsSecret: ISecret;
  readonly instanceIdentifier: string;

  constructor(scope: Construct, id: string, { prefix, network, stage }: DatabaseProps) {
    super(scope, id);
    const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_18 });
    this.instanceIdentifier = prefix;
    this.instance = new DatabaseInstance(this, "Instance", {
      engine,
      instanceIdentifier: this.instanceIdentifier,
      instanceType: new InstanceType(stage.database.instanceType),
      allocatedStorage: stage.database.storageGb,
      multiAz: stage.database.multiAz,
      databaseName: stage.database.name,
      credentials: Credentials.fromGeneratedSecret("lockstep", { secretName: `${prefix}/database` }),
      vpc: network.vpc,
      securityGroups: [network.databaseGroup],
      subnetGroup: new SubnetGroup(this, "Subnets", {
        vpc: network.vpc,
        description: `Database of ${prefix}`,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      }),
      parameterGroup: new ParameterGroup(this, "Parameters", {
        engine,
        description: `Database of ${prefix}`,
        parameters: { "rds.force_ssl": "1" },
      }),
      storageEncrypted: true,
      publiclyAccessible: false,
      deletionProtection: true,
      backupRetention: Duration.days(7),
      copyTagsToSnapshot: true,
      autoMinorVersionUpgrade: true,
    });
    if (!this.instance.secret)
      throw new Error("The database instance has no secret, although its credentials are generated");
    this.secret = this.instance.secret;
    this.appSecret = this.login("App", `${prefix}/database/app`, "lockstep_app_1");
    this.migrationsSecret = this.login("Migrations", `${prefix}/database/migrations`, "lockstep_migrations_1");
  }

  /** The first user and password of a login: see lambdas/resources/database-roles. */
  private login(id: string, secretName: string, username: string): ISecret {
    return new DatabaseSecret(this, `${id}Secret`, { secretName, username }).attach(this.instance);
  }
}
