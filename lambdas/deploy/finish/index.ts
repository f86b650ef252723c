import * as z from "zod/mini";
import { stepHandler } from "../../core/handler.ts";
import { finish } from "./step.ts";

export const handler = stepHandler((_settings, deps) => finish(deps), z.object({}));
