import type { Deps } from "../deps.ts";
import { checkBus, invalid } from "../faults.ts";
import type { Operations } from "../reads.ts";
import { deleteRule, findRule, putRule, putTargets, saveRule } from "../rules.ts";
import type { Rule } from "../store.ts";

/** An operation on rules of the default bus. */
const onBus =
  <I extends { EventBusName?: string | undefined }, O>(run: (input: I) => O) =>
  (input: I): O => {
    checkBus(input.EventBusName);
    return run(input);
  };

export const ruleOperations = (deps: Deps) =>
  ({
    putRule: onBus(({ Name, EventPattern, ScheduleExpression, State = "ENABLED", Description, RoleArn }) => {
      const { arn } = putRule(deps, {
        name: Name,
        state: checkState(State),
        eventPattern: EventPattern,
        scheduleExpression: ScheduleExpression,
        description: Description,
        roleArn: RoleArn,
      });
      return { RuleArn: arn };
    }),
    deleteRule: onBus(({ Name }) => {
      deleteRule(deps, Name);
      return {};
    }),
    describeRule: onBus(({ Name }) => described(findRule(deps, Name))),
    enableRule: onBus(({ Name }) => {
      putRule(deps, { ...findRule(deps, Name), state: "ENABLED" });
      return {};
    }),
    disableRule: onBus(({ Name }) => {
      putRule(deps, { ...findRule(deps, Name), state: "DISABLED" });
      return {};
    }),
    listRules: onBus(({ NamePrefix = "" }) => ({ Rules: deps.store.rules.list(NamePrefix).map(described) })),
    putTargets: onBus(({ Rule, Targets }) => {
      putTargets(deps, Rule, Targets);
      return { FailedEntryCount: 0, FailedEntries: [] };
    }),
    removeTargets: onBus(({ Rule, Ids }) => {
      const rule = findRule(deps, Rule);
      saveRule(deps, { ...rule, targets: rule.targets.filter(({ Id }) => !Ids.includes(Id ?? "")) });
      return { FailedEntryCount: 0, FailedEntries: [] };
    }),
    listTargetsByRule: onBus(({ Rule }) => ({ Targets: findRule(deps, Rule).targets })),
    listRuleNamesByTarget: onBus(({ TargetArn }) => ({
      RuleNames: deps.store.rules
        .list()
        .filter(({ targets }) => targets.some(({ Arn }) => Arn === TargetArn))
        .map(({ name }) => name),
    })),
  }) satisfies Partial<Operations>;

function checkState(state: string): Rule["state"] {
  if (state === "ENABLED" || state === "DISABLED") return state;
  throw invalid(`The rule state ${state} is not supported by the local cloud. Fix: use ENABLED or DISABLED.`);
}

const described = ({ name, arn, eventPattern, scheduleExpression, description, roleArn, state }: Rule) => ({
  Name: name,
  Arn: arn,
  State: state,
  EventBusName: "default",
  EventPattern: eventPattern,
  ScheduleExpression: scheduleExpression,
  Description: description,
  RoleArn: roleArn,
});
