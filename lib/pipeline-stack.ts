import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { IRepository } from "aws-cdk-lib/aws-codecommit";
import type { Construct } from "constructs";
import { useFeatureFlags } from "./feature-flags.ts";
import { BuildProject } from "./build-project.ts";
import type { DataStack } from "./data-stack.ts";
import { createDeployMachine } from "./deploy/index.ts";
import { PipelineEvents } from "./events/pipeline-events.ts";
import type { PipelineContext } from "./pipeline-context.ts";
import { ReleaseTask } from "./release-task.ts";
import { createRestoreMachine } from "./restore/index.ts";
import { createRollbackMachine } from "./rollback/index.ts";
import type { ServiceStack } from "./service-stack.ts";
import { gitHubSource, type Source } from "./source.ts";
import type { StageProps } from "./stage-props.ts";

interface PipelineStackProps extends StageProps, StackProps {
  data: DataStack;
  service: ServiceStack;
  /** In CodeCommit. */
  repository: IRepository | undefined;
}

/** Deploys pushes to a stage. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, props);
    useFeatureFlags(this);
    const { data, service } = props;
    const source = this.source(props);
    const { project } = new BuildProject(this, "BuildProject", { ...props, source, images: data.images });
    const releaseTask = new ReleaseTask(this, "ReleaseTask", props);
    const context: PipelineContext = { stack: this, props, data, service, source, project, releaseTask };
    const deploy = createDeployMachine(context);
    const rollback = createRollbackMachine(context);
    createRestoreMachine(context);
    new PipelineEvents(this, "Events", context);
    new CfnOutput(this, "DeployMachineArn", { value: deploy.stateMachine.stateMachineArn });
    new CfnOutput(this, "RollbackMachineArn", { value: rollback.stateMachine.stateMachineArn });
  }
  private source({ repository, ...props }: PipelineStackProps): Source {
    const source = gitHubSource(this, props);
    if (source) return source;
    if (!repository) throw new Error("The stage has no repository");
    return { kind: "codecommit", name: repository.repositoryName, repository };
  }
}
