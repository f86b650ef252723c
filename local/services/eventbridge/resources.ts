import { z } from "zod";
import { defineResource, type ResourceContext } from "#local/cloud/index.ts";
import { checkBus } from "./faults.ts";
import type { Deps } from "./deps.ts";
import { deleteRule, findRule, putRule, saveRule } from "./rules.ts";

const target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  RoleArn: z.string().optional(),
  Input: z.string().optional(),
  InputPath: z.string().optional(),
  InputTransformer: z
    .strictObject({ InputPathsMap: z.record(z.string(), z.string()).optional(), InputTemplate: z.string() })
    .optional(),
  RetryPolicy: z
    .strictObject({
      MaximumRetryAttempts: z.coerce.number().int().min(0).max(185).optional(),
      MaximumEventAgeInSeconds: z.coerce.number().int().min(60).max(86_400).optional(),
    })
    .optional(),
});

const properties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  EventBusName: z.string().optional(),
  EventPattern: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  ScheduleExpression: z.string().optional(),
  State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  RoleArn: z.string().optional(),
  Targets: z.array(target).default([]),
});
type Properties = z.infer<typeof properties>;

export const createResources = (deps: Deps) => [ruleResource(deps)];

function ruleResource(deps: Deps) {
  const put = (input: Properties, context: ResourceContext) => {
    const { EventPattern, ScheduleExpression, Description, RoleArn, State, Targets } = input;
    checkBus(input.EventBusName);
    const name = input.Name ?? context.generatedName(64);
    const pattern = typeof EventPattern === "object" ? JSON.stringify(EventPattern) : EventPattern;
    const settings = {
      name,
      state: State,
      eventPattern: pattern,
      scheduleExpression: ScheduleExpression,
      description: Description,
      roleArn: RoleArn,
    };
    return { physicalId: name, attributes: { Arn: putRule(deps, settings, Targets).arn } };
  };
  return defineResource<Properties>({
    type: "AWS::Events::Rule",
    properties,
    inert: ["Tags"],
    createOnly: ["Name", "EventBusName"],
    nameProperty: "Name",
    create: put,
    update: (_existing, input, context) => put(input, context),
    delete({ physicalId: name }) {
      saveRule(deps, { ...findRule(deps, name), targets: [] });
      deleteRule(deps, name);
    },
  });
}
