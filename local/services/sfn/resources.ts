import { z } from "zod";
import { defineResource, type ResourceState } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { createMachine, deleteMachine, updateMachine, type MachineSettings } from "./machines.ts";
import type { Machine } from "./store.ts";

const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]);

const properties = z.strictObject({
  StateMachineName: z.string().optional(),
  StateMachineType: z.literal("STANDARD").optional(),
  RoleArn: z.string(),
  DefinitionString: z.string().optional(),
  Definition: z.record(z.string(), z.unknown()).optional(),
  DefinitionSubstitutions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  LoggingConfiguration: z
    .strictObject({
      Level: z.enum(["ALL", "ERROR", "FATAL", "OFF"]).default("OFF"),
      IncludeExecutionData: flag.default(false),
      Destinations: z
        .array(z.strictObject({ CloudWatchLogsLogGroup: z.strictObject({ LogGroupArn: z.string() }) }))
        .max(1)
        .default([]),
    })
    .optional(),
  TracingConfiguration: z.strictObject({ Enabled: flag.default(false) }).optional(),
});
type Properties = z.infer<typeof properties>;

export const createResources = (deps: Deps) => [stateMachineResource(deps)];

function stateMachineResource(deps: Deps) {
  const state = ({ arn, name, revisionId, isFirstRevision }: Machine): ResourceState => ({
    physicalId: arn,
    attributes: { Arn: arn, Name: name, StateMachineRevisionId: isFirstRevision ? "INITIAL" : revisionId },
  });
  return defineResource<Properties>({
    type: "AWS::StepFunctions::StateMachine",
    properties,
    inert: ["Tags"],
    createOnly: ["StateMachineName", "StateMachineType"],
    nameProperty: "StateMachineName",
    create: (input, context) =>
      state(createMachine(deps, { name: input.StateMachineName ?? context.generatedName(80), ...settingsOf(input) })),
    update: ({ physicalId }, input) => state(updateMachine(deps, physicalId, settingsOf(input))),
    delete: ({ physicalId }) => deleteMachine(deps, physicalId),
  });
}

function settingsOf(input: Properties): MachineSettings & Pick<Machine, "tags"> {
  const { Level = "OFF", IncludeExecutionData = false, Destinations = [] } = input.LoggingConfiguration ?? {};
  return {
    definition: definitionOf(input),
    roleArn: input.RoleArn,
    logging: {
      level: Level,
      includeExecutionData: IncludeExecutionData,
      destinations: Destinations.map(({ CloudWatchLogsLogGroup: { LogGroupArn } }) => ({
        cloudWatchLogsLogGroup: { logGroupArn: LogGroupArn },
      })),
    },
    tags: [],
    isTraced: input.TracingConfiguration?.Enabled ?? false,
  };
}

/** as AWS: `${Name}` anywhere in the text is replaced before the text is read as JSON. */
function definitionOf({ DefinitionString, Definition, DefinitionSubstitutions }: Properties): string {
  const text = DefinitionString ?? JSON.stringify(Definition ?? {});
  return text.replaceAll(/\$\{([A-Za-z0-9_]+)\}/g, (whole, name: string) =>
    String(DefinitionSubstitutions[name] ?? whole),
  );
}
