import type { environment } from "../../lambdas/events/reconcile/contract.ts";
import { branchEnvironment, type Environment, trafficEnvironment } from "../environment.ts";
import { readBranch } from "../grants/build.ts";
import {
  announceSkipped,
  answerDeployTokens,
  describeExecutions,
  notify,
  startDeployments,
  startRollbacks,
} from "../grants/pipeline.ts";
import { stopRedeployments } from "../grants/traffic.ts";
import { machineArn } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const reconcile = pipelineFunction({
  entry: "events/reconcile",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    ...trafficEnvironment(context),
    DEPLOY_MACHINE_ARN: machineArn(context, "deploy"),
    ROLLBACK_MACHINE_ARN: machineArn(context, "rollback"),
    ...branchEnvironment(context),
  }),
  may: [
    answerDeployTokens,
    describeExecutions,
    startDeployments,
    startRollbacks,
    readBranch,
    stopRedeployments,
    notify("Lockstep Stage Frozen"),
    announceSkipped,
  ],
});
