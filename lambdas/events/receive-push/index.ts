import { openDeps, sfn } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { receivePush } from "./receive-push.ts";

export const handler = functionHandler((settings) => receivePush({ ...openDeps(), sfn: sfn(), settings }), environment);
