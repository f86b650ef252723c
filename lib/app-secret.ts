import { Construct } from "constructs";
import type * as z from "zod/mini";
import type { properties } from "../lambdas/resources/app-secret/contract.ts";
import { NodeFunction } from "./node-function.ts";
import { provideResource } from "./provide-resource.ts";
import type { StageProps } from "./stage-props.ts";

interface AppSecretProps extends StageProps {
  secretArn: string;
}

/** The generated keys of the app's secret, whose other keys people add: see lambdas/resources/app-secret. */
export class AppSecret extends Construct {
  constructor(scope: Construct, id: string, { prefix, config, secretArn }: AppSecretProps) {
    super(scope, id);
    const actions = ["GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"];
    const provider = new NodeFunction(this, "Provider", {
      functionName: `${prefix}-app-secret`,
      entry: "resources/app-secret",
      timeoutSeconds: 60,
      may: [{ actions: actions.map((action) => `secretsmanager:${action}`), resources: [secretArn] }],
    });
    const settings: z.input<typeof properties> = {
      SecretArn: secretArn,
      GeneratedKeys: config.app.generated,
    };
    provideResource(this, "Key", { type: "Custom::AppSecret", provider, properties: settings });
  }
}
