import { secretsManager } from "../../core/clients.ts";
import { countSessions, provideRoles } from "../../release/database-roles.ts";
import { customResourceHandler } from "../custom-resource.ts";
import { properties } from "./contract.ts";
import { databaseRoles } from "./database-roles.ts";

export const handler = customResourceHandler(
  () => databaseRoles({ secretsManager: secretsManager(), provideRoles, countSessions }),
  properties,
);
