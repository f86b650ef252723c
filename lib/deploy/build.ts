import type { environment } from "../../lambdas/deploy/build/contract.ts";
import type { Environment } from "../environment.ts";
import { findBuiltImage, readBuild, readBuildLog, readCommit, startBuild } from "../grants/build.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const build = pipelineFunction({
  entry: "deploy/build",
  timeoutSeconds: 60,
  environment: ({ project, repository, data }): Environment<typeof environment> => ({
    PROJECT_NAME: project.projectName,
    REPOSITORY_URI: data.images.repository.repositoryUri,
    REPOSITORY_NAME: repository.repositoryName,
  }),
  may: [answerDeployTokens, readCommit, startBuild, readBuild, readBuildLog, findBuiltImage],
});
