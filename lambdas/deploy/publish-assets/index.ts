import { clock, cloudWatch, codeDeploy, ecs, loadBalancing, logs, secretsManager } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { redactSecrets } from "../../release/redact.ts";
import { environment } from "./contract.ts";
import { publishAssets } from "./step.ts";

export const handler = stepHandler((settings, { table }) => {
  const clients = { cloudWatch: cloudWatch(), codeDeploy: codeDeploy(), ecs: ecs(), logs: logs() };
  const redact = redactSecrets(secretsManager(), settings);
  return publishAssets({ ...clients, loadBalancing: loadBalancing(), table, clock, redact, settings });
}, environment);
