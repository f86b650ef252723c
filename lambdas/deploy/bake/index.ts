import { cloudWatch, codeDeploy, ecs } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { bake } from "./step.ts";

export const handler = stepHandler(
  (settings) => bake({ cloudWatch: cloudWatch(), codeDeploy: codeDeploy(), ecs: ecs(), settings }),
  environment,
);
