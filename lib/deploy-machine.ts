import { readFileSync } from "node:fs";
import path from "node:path";
import { RemovalPolicy } from "aws-cdk-lib";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { PipelineFunction } from "./pipeline-function.ts";
import type { StageProps } from "./stage-props.ts";
import { pascalCase } from "./step-context.ts";

interface DeployMachineProps {
  props: StageProps;
  steps: Map<string, PipelineFunction>;
}

const definition = path.resolve(import.meta.dirname, "..", "statemachines", "deploy.asl.json");

/** The way of a push. Its log holds no execution data: what a step says is in the history, which is read with permission. */
export class DeployMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { props, steps }: DeployMachineProps) {
    super(scope, id);
    const logs = new LogGroup(this, "Logs", {
      logGroupName: `/aws/vendedlogs/states/${props.prefix}-deploy`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const functions = [...steps].map(([name, step]) => [`${pascalCase(name)}FunctionArn`, step.function.functionArn]);
    this.stateMachine = new StateMachine(this, "Machine", {
      stateMachineName: `${props.prefix}-deploy`,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(readFileSync(definition, "utf8")),
      definitionSubstitutions: {
        ...Object.fromEntries(functions),
        HeartbeatSeconds: String(props.stage.heartbeatSeconds),
      },
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
    });
    for (const step of steps.values()) step.function.grantInvoke(this.stateMachine);
  }
}
