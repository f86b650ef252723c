import { ecs } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { finish } from "./step.ts";

export const handler = stepHandler((settings, deps) => finish({ ...deps, ecs: ecs(), settings }), environment);
