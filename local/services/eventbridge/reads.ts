import type { Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

export const reads = {
  putRule: ["Name", "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn", "EventBusName"],
  deleteRule: ["Name", "EventBusName"],
  describeRule: ["Name", "EventBusName"],
  enableRule: ["Name", "EventBusName"],
  disableRule: ["Name", "EventBusName"],
  listRules: ["NamePrefix", "EventBusName"],
  putTargets: ["Rule", "Targets", "EventBusName"],
  removeTargets: ["Rule", "Ids", "EventBusName"],
  listTargetsByRule: ["Rule", "EventBusName"],
  listRuleNamesByTarget: ["TargetArn", "EventBusName"],
  putEvents: ["Entries"],
  testEventPattern: ["EventPattern", "Event"],
} as const satisfies Reads<"eventbridge">;

/** `Force` is for managed rules, of which there are none. */
export const inert = { deleteRule: ["Force"], removeTargets: ["Force"] } as const satisfies Inert<"eventbridge">;

export type Operations = OperationsOf<"eventbridge", typeof reads>;
