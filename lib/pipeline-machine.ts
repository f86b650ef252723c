import { readFileSync } from "node:fs";
import path from "node:path";
import { RemovalPolicy } from "aws-cdk-lib";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { PipelineFunction } from "./pipeline-function.ts";
import type { StageProps } from "./stage-props.ts";
import { pascalCase } from "./step-context.ts";

interface PipelineMachineProps {
  /** Name of the file in statemachines/, and the last part of the machine's name. */
  name: "deploy" | "rollback" | "restore";
  props: StageProps;
  steps: Map<string, PipelineFunction>;
  substitutions?: Record<string, string>;
}

const folder = path.resolve(import.meta.dirname, "..", "statemachines");

/** A machine of statemachines/. Its log holds no execution data: what a step says is in the history, which is read with permission. */
export class PipelineMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { name, props, steps, substitutions = {} }: PipelineMachineProps) {
    super(scope, id);
    const logs = new LogGroup(this, "Logs", {
      logGroupName: `/aws/vendedlogs/states/${props.prefix}-${name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const functions = [...steps].map(([step, made]) => [`${pascalCase(step)}FunctionArn`, made.function.functionArn]);
    this.stateMachine = new StateMachine(this, "Machine", {
      stateMachineName: `${props.prefix}-${name}`,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(readFileSync(path.join(folder, `${name}.asl.json`), "utf8")),
      definitionSubstitutions: { ...Object.fromEntries(functions), ...substitutions },
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
    });
    for (const step of steps.values()) step.function.grantInvoke(this.stateMachine);
  }
}
