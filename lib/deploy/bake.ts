import type { environment } from "../../lambdas/deploy/bake/contract.ts";
import { alarmEnvironment, type Environment, trafficEnvironment } from "../environment.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { explainAlarms, readShift } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const bake = pipelineFunction({
  entry: "deploy/bake",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    ...trafficEnvironment(context),
    ...alarmEnvironment(context),
  }),
  may: [answerDeployTokens, readShift, explainAlarms],
});
