import { codeBuild, codeCommit, logs } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { build } from "./step.ts";

export const handler = stepHandler(
  (settings) => build({ codeBuild: codeBuild(), codeCommit: codeCommit(), logs: logs(), settings }),
  environment,
);
