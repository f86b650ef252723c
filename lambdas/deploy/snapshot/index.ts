import { rds } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { snapshot } from "./step.ts";

export const handler = stepHandler((settings, { clock }) => snapshot({ clock, rds: rds(), settings }), environment);
