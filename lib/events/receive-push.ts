import type { environment } from "../../lambdas/events/receive-push/contract.ts";
import { branchEnvironment, type Environment } from "../environment.ts";
import { readPush } from "../grants/build.ts";
import { announceSkipped, startDeployments } from "../grants/pipeline.ts";
import { machineArn } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const receivePush = pipelineFunction({
  entry: "events/receive-push",
  timeoutSeconds: 30,
  environment: (context): Environment<typeof environment> => ({
    DEPLOY_MACHINE_ARN: machineArn(context, "deploy"),
    ...branchEnvironment(context),
  }),
  may: [startDeployments, readPush, announceSkipped],
});
