import type { Target } from "@aws-sdk/client-eventbridge";
import type { Cloud } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { checkPattern, invalid, ruleNotFound } from "./faults.ts";
import { untilNextRun, rateSeconds } from "./schedule.ts";
import type { Rule } from "./store.ts";
import { targetProblem } from "./targets.ts";

type RuleSpec = Omit<Rule, "arn" | "targets" | "nextRun">;

export interface Rules {
  /** Creates or updates a rule; `targets` replace those it had. */
  put(spec: RuleSpec, targets?: readonly Target[]): Rule;
  find(name: string): Rule;
  change(name: string, change: Partial<Rule>): void;
  putTargets(name: string, targets: readonly Target[]): void;
  delete(name: string): void;
}

const maxTargets = 5;

export function createRules({ cloud, store, bus }: Omit<Deps, "rules">): Rules {
  const find = (name: string) => {
    const rule = store.rules.get(name);
    if (!rule) throw ruleNotFound(name);
    return rule;
  };
  const write = (rule: Rule) => {
    store.rules.put(rule.name, rule);
    bus.arm();
    return rule;
  };
  return {
    put(spec, targets) {
      check(spec);
      checkTargets(spec.name, targets ?? []);
      const { scheduleExpression } = spec;
      const existing = store.rules.get(spec.name);
      const isSame = existing?.scheduleExpression === scheduleExpression && existing?.state === spec.state;
      const nextRun = isSame ? existing.nextRun : firstRun(cloud, scheduleExpression);
      const arn = cloud.arn("events", `rule/${spec.name}`);
      const rule = { ...spec, arn, targets: [...(targets ?? existing?.targets ?? [])] };
      return write({ ...rule, ...(nextRun === undefined ? {} : { nextRun }) });
    },
    find,
    change: (name, change) => void write({ ...find(name), ...change }),
    putTargets(name, targets) {
      const rule = find(name);
      const merged = new Map([...rule.targets, ...targets].map((target) => [target.Id, target]));
      checkTargets(name, [...merged.values()]);
      write({ ...rule, targets: [...merged.values()] });
    },
    delete(name) {
      if ((store.rules.get(name)?.targets ?? []).length > 0) {
        throw invalid("Rule can't be deleted since it has targets.");
      }
      store.rules.delete(name);
      bus.arm();
    },
  };
}

function checkTargets(name: string, targets: readonly Target[]): void {
  if (targets.length > maxTargets) {
    throw invalid(`A rule has at most ${maxTargets} targets; ${name} would have ${targets.length}.`);
  }
  const problem = targets.map(targetProblem).find((text) => text !== undefined);
  if (problem !== undefined) throw invalid(problem);
}

function check({ name, eventPattern, scheduleExpression }: RuleSpec): void {
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name)) throw invalid(`Invalid rule name: ${name}`);
  if (eventPattern === undefined && scheduleExpression === undefined) {
    throw invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  if (eventPattern !== undefined) checkPattern(eventPattern);
  if (scheduleExpression !== undefined) rateSeconds(scheduleExpression);
}

function firstRun(cloud: Cloud, scheduleExpression: string | undefined): number | undefined {
  if (scheduleExpression === undefined) return undefined;
  return cloud.clock.now() + untilNextRun(cloud.clock, scheduleExpression);
}
