import { secretsManager } from "../../core/clients.ts";
import { customResourceHandler } from "../custom-resource.ts";
import { appSecret } from "./app-secret.ts";
import { properties } from "./contract.ts";

export const handler = customResourceHandler(() => appSecret(secretsManager()), properties);
