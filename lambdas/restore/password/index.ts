import { rds, secretsManager } from "../../core/clients.ts";
import { stepsHandler } from "../../core/handler.ts";
import { provideRoles } from "../../release/database-roles.ts";
import { restores } from "../record.ts";
import { environment } from "./contract.ts";
import { logIn } from "./log-in.ts";
import { resetPassword } from "./reset-password.ts";

export const handler = stepsHandler(
  restores,
  (settings, { table }) => [
    resetPassword({ table, rds: rds(), secretsManager: secretsManager(), logIn, provideRoles, settings }),
  ],
  environment,
);
