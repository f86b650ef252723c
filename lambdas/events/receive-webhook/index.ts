import { eventBridge, openDeps, secretsManager } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { receiveWebhook } from "./receive-webhook.ts";
import { webhookSecrets } from "./secrets.ts";

export const handler = functionHandler((settings) => {
  const deps = openDeps();
  const secrets = webhookSecrets(secretsManager(), settings.WEBHOOK_SECRET_ARN, deps.clock);
  return receiveWebhook({ ...deps, eventBridge: eventBridge(), secrets, settings });
}, environment);
