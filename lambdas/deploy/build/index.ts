import { codeBuild, codeCommit, ecr, logs } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { build } from "./step.ts";

export const handler = stepHandler(
  (settings, { clock }) =>
    build({ codeBuild: codeBuild(), codeCommit: codeCommit(), ecr: ecr(), logs: logs(), clock, settings }),
  environment,
);
