import type { PipelineFunction } from "../pipeline-function.ts";
import { allowAnswers, type StepContext, stepFunction } from "../step-context.ts";

export function build(context: StepContext): PipelineFunction {
  const { project, repository } = context;
  const made = stepFunction(context, {
    name: "build",
    entry: "deploy/build",
    timeoutSeconds: 60,
    environment: { PROJECT_NAME: project.projectName, REPOSITORY_NAME: repository.repositoryName },
  });
  allowAnswers(made, context)
    .allow(["codecommit:GetFile", "codecommit:GetCommit"], [repository.repositoryArn])
    .allow(["codebuild:StartBuild"], [project.projectArn]);
  return observeBuild(made, context);
}

export function observeBuild(made: PipelineFunction, { project, stack }: StepContext): PipelineFunction {
  const logs = `arn:${stack.partition}:logs:${stack.region}:${stack.account}:log-group:/aws/codebuild/${project.projectName}:*`;
  return made.allow(["codebuild:BatchGetBuilds"], [project.projectArn]).allow(["logs:GetLogEvents"], [logs]);
}
