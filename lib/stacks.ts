import type { App, Environment } from "aws-cdk-lib";
import type { Config } from "./config.ts";
import { DataStack } from "./data-stack.ts";
import { pascalCase } from "./pascal-case.ts";
import { PipelineStack } from "./pipeline-stack.ts";
import { ServiceStack } from "./service-stack.ts";
import { SourceStack } from "./source-stack.ts";

/** One repository; per stage, the service that runs the app and the pipeline that deploys to it. */
export function createStacks(app: App, config: Config): void {
  const env = environment(config);
  const source = new SourceStack(app, `${pascalCase(config.name)}-Source`, { config, env });
  for (const [stageName, stage] of Object.entries(config.stages)) {
    const prefix = `${config.name}-${stageName}`;
    const id = `${pascalCase(config.name)}-${pascalCase(stageName)}`;
    const tags = { "lockstep:app": config.name, "lockstep:stage": stageName };
    const shared = { config, stage, stageName, prefix, env, tags };
    const data = new DataStack(app, `${id}-Data`, shared);
    const service = new ServiceStack(app, `${id}-Service`, { ...shared, data });
    new PipelineStack(app, `${id}-Pipeline`, { ...shared, data, service, repository: source.repository });
  }
}

/** The configuration has the same one for every stage. */
function environment({ stages }: Config): Environment {
  const [stage] = Object.values(stages);
  return { ...(stage?.account && { account: stage.account }), ...(stage?.region && { region: stage.region }) };
}
