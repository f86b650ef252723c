import { codeBuild, ecr, logs, secretsManager } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { openRepository } from "../../source/open.ts";
import { environment } from "./contract.ts";
import { build } from "./step.ts";

export const handler = stepHandler((settings, { table, clock }) => {
  const clients = { codeBuild: codeBuild(), ecr: ecr(), logs: logs(), secretsManager: secretsManager() };
  return build({ ...clients, repository: openRepository(settings), table, clock, settings });
}, environment);
