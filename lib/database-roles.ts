import { Construct } from "constructs";
import type * as z from "zod/mini";
import type { properties } from "../lambdas/resources/database-roles/contract.ts";
import type { DataStack } from "./data-stack.ts";
import { NodeFunction } from "./node-function.ts";
import { provideResource } from "./provide-resource.ts";
import type { StageProps } from "./stage-props.ts";

interface DatabaseRolesProps extends StageProps {
  data: DataStack;
}

/** The roles that the app and its migrations log in with: see lambdas/resources/database-roles. */
export class DatabaseRoles extends Construct {
  constructor(scope: Construct, id: string, { prefix, stage, data }: DatabaseRolesProps) {
    super(scope, id);
    const { secret, appSecret, migrationsSecret } = data.database;
    const logins = [appSecret.secretArn, migrationsSecret.secretArn];
    const provider = new NodeFunction(this, "Provider", {
      functionName: `${prefix}-database-roles`,
      entry: "resources/database-roles",
      timeoutSeconds: 60,
      may: [
        { actions: ["secretsmanager:GetSecretValue"], resources: [secret.secretArn, ...logins] },
        { actions: ["secretsmanager:PutSecretValue"], resources: logins },
      ],
      network: data.network,
    });
    const settings: z.input<typeof properties> = {
      MasterSecretArn: secret.secretArn,
      AppSecretArn: appSecret.secretArn,
      MigrationsSecretArn: migrationsSecret.secretArn,
      UrlParameters: JSON.stringify({ sslmode: "verify-full", ...stage.database.urlParameters }),
      PasswordGeneration: String(stage.database.passwordGeneration),
    };
    provideResource(this, "Roles", { type: "Custom::DatabaseRoles", provider, properties: settings });
  }
}
