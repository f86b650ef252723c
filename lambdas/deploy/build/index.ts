import { codeBuild, ecr, logs } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { openRepository } from "../../source/open.ts";
import { environment } from "./contract.ts";
import { build } from "./step.ts";

export const handler = stepHandler((settings, { clock }) => {
  const clients = { codeBuild: codeBuild(), ecr: ecr(), logs: logs() };
  return build({ ...clients, repository: openRepository(settings), clock, settings });
}, environment);
