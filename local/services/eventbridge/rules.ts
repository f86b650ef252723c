import type { Target } from "@aws-sdk/client-eventbridge";
import type { Deps } from "./deps.ts";
import { checkPattern, invalid, ruleNotFound } from "./faults.ts";
import { intervalMs, rateSeconds } from "./schedule.ts";
import type { Rule } from "./store.ts";
import { targetProblem } from "./targets.ts";

type RuleSettings = Omit<Rule, "arn" | "targets" | "nextRun">;

const maxTargets = 5;

export function findRule({ store }: Deps, name: string): Rule {
  const rule = store.rules.get(name);
  if (!rule) throw ruleNotFound(name);
  return rule;
}

export function saveRule({ store, bus }: Deps, rule: Rule): Rule {
  store.rules.save(rule);
  bus.arm();
  return rule;
}

/** Creates or updates a rule; `targets` replace those it had. */
export function putRule(deps: Deps, settings: RuleSettings, targets?: readonly Target[]): Rule {
  const { cloud, store } = deps;
  const { name, state, scheduleExpression } = settings;
  check(settings);
  checkTargets(name, targets ?? []);
  const existing = store.rules.get(name);
  const isSame = existing?.scheduleExpression === scheduleExpression && existing?.state === state;
  return saveRule(deps, {
    ...settings,
    arn: cloud.arn("events", `rule/${name}`),
    targets: [...(targets ?? existing?.targets ?? [])],
    nextRun: isSame ? existing.nextRun : firstRun(deps, scheduleExpression),
  });
}

export function putTargets(deps: Deps, name: string, targets: readonly Target[]): void {
  const rule = findRule(deps, name);
  const merged = [...new Map([...rule.targets, ...targets].map((target) => [target.Id, target])).values()];
  checkTargets(name, merged);
  saveRule(deps, { ...rule, targets: merged });
}

export function deleteRule({ store, bus }: Deps, name: string): void {
  if (store.rules.get(name)?.targets.length) throw invalid("Rule can't be deleted since it has targets.");
  store.rules.delete(name);
  bus.arm();
}

function checkTargets(name: string, targets: readonly Target[]): void {
  if (targets.length > maxTargets) {
    throw invalid(`A rule has at most ${maxTargets} targets; ${name} would have ${targets.length}.`);
  }
  const problem = targets.map(targetProblem).find((text) => text !== undefined);
  if (problem !== undefined) throw invalid(problem);
}

function check({ name, eventPattern, scheduleExpression }: RuleSettings): void {
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name)) throw invalid(`Invalid rule name: ${name}`);
  if (eventPattern === undefined && scheduleExpression === undefined) {
    throw invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  if (eventPattern !== undefined) checkPattern(eventPattern);
  if (scheduleExpression !== undefined) rateSeconds(scheduleExpression);
}

const firstRun = ({ cloud: { clock } }: Deps, scheduleExpression: string | undefined) =>
  scheduleExpression === undefined ? undefined : clock.now() + intervalMs(clock, scheduleExpression);
