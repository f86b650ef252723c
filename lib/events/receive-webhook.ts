import { FunctionUrlAuthType } from "aws-cdk-lib/aws-lambda";
import type { environment } from "../../lambdas/events/receive-webhook/contract.ts";
import type { Environment } from "../environment.ts";
import { notify } from "../grants/pipeline.ts";
import { readWebhookSecret, storeDeliveries } from "../grants/webhook.ts";
import type { PipelineContext } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";
import type { Source } from "../source.ts";

/** Anyone can call its URL, so it may only store deliveries and announce them. */
export function receiveWebhook(context: PipelineContext, source: Extract<Source, { kind: "github" }>) {
  const receive = pipelineFunction({
    entry: "events/receive-webhook",
    timeoutSeconds: 8, // GitHub waits 10 seconds
    concurrency: source.webhookConcurrency,
    environment: ({ data, props }): Environment<typeof environment> & { TABLE_NAME: string } => ({
      TABLE_NAME: data.table.tableName,
      WEBHOOK_SECRET_ARN: source.webhookSecret.secretArn,
      REPOSITORY_NAME: source.name,
      BRANCH: props.stage.branch,
    }),
    withoutTable: true,
    may: [storeDeliveries, readWebhookSecret, notify("Lockstep Webhook Received")],
  });
  const { function: fn } = receive(context);
  return fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
}
