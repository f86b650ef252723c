import type { environment } from "../../lambdas/events/receive-push/contract.ts";
import type { Environment } from "../environment.ts";
import { startDeployments } from "../grants/pipeline.ts";
import { machineArn } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const receivePush = pipelineFunction({
  entry: "events/receive-push",
  timeoutSeconds: 30,
  environment: (context): Environment<typeof environment> => ({
    DEPLOY_MACHINE_ARN: machineArn(context, "deploy"),
    REPOSITORY_NAME: context.repository.repositoryName,
    BRANCH: context.props.stage.branch,
  }),
  may: [startDeployments],
});
