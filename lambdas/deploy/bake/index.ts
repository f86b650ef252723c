import { codeDeploy, ecs } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { bake } from "./step.ts";

export const handler = stepHandler((settings) => bake({ codeDeploy: codeDeploy(), ecs: ecs(), settings }), environment);
