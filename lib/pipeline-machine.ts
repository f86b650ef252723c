import { readFileSync } from "node:fs";
import path from "node:path";
import { RemovalPolicy } from "aws-cdk-lib";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { pascalCase } from "./pascal-case.ts";
import type { PipelineContext } from "./pipeline-context.ts";
import type { PipelineFunction } from "./pipeline-function.ts";

interface PipelineMachineProps {
  /** Name of the file in statemachines/, and the last part of the machine's name. */
  name: "deploy" | "rollback" | "restore";
  context: PipelineContext;
  /** By the name that the definition's `<Name>FunctionArn` substitutions refer to. */
  functions: Record<string, (context: PipelineContext) => PipelineFunction>;
  substitutions?: Record<string, string>;
  /** In the definition an expression, `"{% ${Name} %}"`; in the template a number, which AWS and linters can check. */
  numbers?: Record<string, number>;
}

const folder = path.resolve(import.meta.dirname, "..", "statemachines");

/** A state machine of statemachines/ with the functions it calls. Its log leaves execution data out, which may be sensitive. */
export class PipelineMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: PipelineMachineProps) {
    super(scope, id);
    const { name, context, functions, substitutions, numbers = {} } = props;
    const { prefix } = context.props;
    const logs = new LogGroup(this, "Logs", {
      logGroupName: `/aws/vendedlogs/states/${prefix}-${name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const created = Object.entries(functions).map(([key, create]) => ({ key, fn: create(context).function }));
    const arns = created.map(({ key, fn }) => [`${pascalCase(key)}FunctionArn`, fn.functionArn]);
    this.stateMachine = new StateMachine(this, "Machine", {
      stateMachineName: `${prefix}-${name}`,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(definitionOf(name, numbers)),
      definitionSubstitutions: { ...Object.fromEntries(arns), ...substitutions },
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
    });
    for (const { fn } of created) fn.grantInvokeLatestVersion(this.stateMachine);
  }
}

function definitionOf(name: string, numbers: Record<string, number>): string {
  return Object.entries(numbers).reduce(
    (definition, [key, value]) => definition.replaceAll(`"{% \${${key}} %}"`, String(value)),
    readFileSync(path.join(folder, `${name}.asl.json`), "utf8"),
  );
}
