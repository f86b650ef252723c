import type { App, Environment } from "aws-cdk-lib";
import type { Config, StageConfig } from "./config/index.ts";
import { DataStack } from "./data-stack.ts";
import { pascalCase } from "./pascal-case.ts";
import { PipelineStack } from "./pipeline-stack.ts";
import { ServiceStack } from "./service-stack.ts";
import { SourceStack } from "./source-stack.ts";

/** One repository in CodeCommit, or one on GitHub; per stage, the service that runs the app and the pipeline that deploys to it. */
export function createStacks(app: App, config: Config): void {
  const [first] = Object.values(config.stages);
  const source = config.source.github
    ? undefined
    : new SourceStack(app, `${pascalCase(config.name)}-Source`, { config, env: environment(first) });
  for (const [stageName, stage] of Object.entries(config.stages)) {
    const prefix = `${config.name}-${stageName}`;
    const id = `${pascalCase(config.name)}-${pascalCase(stageName)}`;
    const tags = { "lockstep:app": config.name, "lockstep:stage": stageName };
    const shared = { config, stage, stageName, prefix, env: environment(stage), tags };
    const data = new DataStack(app, `${id}-Data`, shared);
    const service = new ServiceStack(app, `${id}-Service`, { ...shared, data });
    new PipelineStack(app, `${id}-Pipeline`, { ...shared, data, service, repository: source?.repository });
  }
}

/** With CodeCommit, the configuration has the same one for every stage. */
function environment(stage: StageConfig | undefined): Environment {
  return { ...(stage?.account && { account: stage.account }), ...(stage?.region && { region: stage.region }) };
}
