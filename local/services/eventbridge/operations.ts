import type { PutEventsRequestEntry, PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import { awsError, type Cloud, type Operations } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import type { EventBus } from "./engine.ts";
import { checkBus, checkPattern, invalid } from "./faults.ts";
import { matchesPattern, type Json } from "./pattern.ts";
import type { Rule } from "./store.ts";

type Events = Operations<"eventbridge">;

export function createOperations(deps: Deps): Events {
  return { ...ruleOperations(deps), ...targetOperations(deps), ...eventOperations(deps) };
}

function ruleOperations({ store, rules }: Deps): Events {
  return {
    putRule({ Name, EventPattern, ScheduleExpression, State = "ENABLED", Description, RoleArn, EventBusName }) {
      checkBus(EventBusName);
      const { arn } = rules.put({
        name: Name,
        state: checkState(State),
        eventPattern: EventPattern,
        scheduleExpression: ScheduleExpression,
        description: Description,
        roleArn: RoleArn,
      });
      return { RuleArn: arn };
    },
    deleteRule({ Name, EventBusName }) {
      checkBus(EventBusName);
      rules.delete(Name);
      return {};
    },
    describeRule({ Name, EventBusName }) {
      checkBus(EventBusName);
      return described(rules.find(Name));
    },
    enableRule({ Name, EventBusName }) {
      checkBus(EventBusName);
      rules.put({ ...rules.find(Name), state: "ENABLED" });
      return {};
    },
    disableRule({ Name, EventBusName }) {
      checkBus(EventBusName);
      rules.put({ ...rules.find(Name), state: "DISABLED" });
      return {};
    },
    listRules({ NamePrefix = "", EventBusName, Limit, NextToken }) {
      checkBus(EventBusName);
      const { items, next } = page(store.rules.list(NamePrefix), { Limit, NextToken });
      return { Rules: items.map(described), ...next };
    },
  };
}

function targetOperations({ store, rules }: Deps): Events {
  return {
    putTargets({ Rule, Targets, EventBusName }) {
      checkBus(EventBusName);
      rules.putTargets(Rule, Targets);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    removeTargets({ Rule, Ids, EventBusName }) {
      checkBus(EventBusName);
      const targets = rules.find(Rule).targets.filter(({ Id }) => !Ids.includes(Id ?? ""));
      rules.change(Rule, { targets });
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    listTargetsByRule({ Rule, EventBusName, Limit, NextToken }) {
      checkBus(EventBusName);
      const { items, next } = page(rules.find(Rule).targets, { Limit, NextToken });
      return { Targets: items, ...next };
    },
    listRuleNamesByTarget({ TargetArn, EventBusName, Limit, NextToken }) {
      checkBus(EventBusName);
      const rulesOfTarget = store.rules.list().filter(({ targets }) => targets.some(({ Arn }) => Arn === TargetArn));
      const { items, next } = page(rulesOfTarget, { Limit, NextToken });
      return { RuleNames: items.map(({ name }) => name), ...next };
    },
  };
}

const maxRequestBytes = 256 * 1024;

function eventOperations({ cloud, bus }: Deps): Events {
  return {
    putEvents({ Entries }) {
      if (Entries.length < 1 || Entries.length > 10)
        throw invalid(`PutEvents accepts 1 to 10 entries, not ${Entries.length}.`);
      const size = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (size > maxRequestBytes) throw invalid("Total size of the entries in the request is over the limit.");
      const results = Entries.map((entry) => putEvent(cloud, bus, entry));
      const failed = results.filter(({ ErrorCode }) => ErrorCode !== undefined);
      return { FailedEntryCount: failed.length, Entries: results };
    },
    testEventPattern({ EventPattern, Event }) {
      const pattern = checkPattern(EventPattern);
      const event = parseObject(Event);
      const required = ["id", "account", "source", "time", "region", "resources", "detail-type"];
      const isMissing = !event || required.some((field) => event[field] === undefined);
      if (isMissing) throw invalid(`Parameter Event is not valid. It must be JSON with ${required.join(", ")}.`);
      return { Result: matchesPattern(pattern, event) };
    },
  };
}

function putEvent(cloud: Cloud, bus: EventBus, entry: PutEventsRequestEntry): PutEventsResultEntry {
  const { Source = "", DetailType = "", Detail, Time, Resources = [], EventBusName } = entry;
  checkBus(EventBusName);
  const missing = (["Source", "DetailType", "Detail"] as const).find((field) => !entry[field]);
  const problem = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
  if (missing)
    return problem("InvalidArgument", `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`);
  if (Source.startsWith("aws.")) {
    return problem("NotAuthorizedForSourceException", "Not authorized for the source.");
  }
  const detail = parseObject(Detail ?? "");
  if (!detail) return problem("MalformedDetail", "Detail is malformed.");
  const event = { source: Source, detailType: DetailType, resources: Resources, detail };
  const envelope = bus.envelope(event, Time?.getTime() ?? cloud.clock.now());
  bus.accept(envelope);
  return { EventId: envelope.id };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: PutEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return (Time ? 14 : 0) + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function parseObject(text: string): { [key: string]: Json } | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function checkState(state: string): Rule["state"] {
  if (state === "ENABLED" || state === "DISABLED") return state;
  throw invalid(`The rule state ${state} is not supported by the local cloud. Fix: use ENABLED or DISABLED.`);
}

function described({ name, arn, eventPattern, scheduleExpression, description, roleArn, state }: Rule) {
  return {
    Name: name,
    Arn: arn,
    State: state,
    EventBusName: "default",
    EventPattern: eventPattern,
    ScheduleExpression: scheduleExpression,
    Description: description,
    RoleArn: roleArn,
  };
}

function page<T>(all: readonly T[], request: { Limit?: number | undefined; NextToken?: string | undefined }) {
  const { Limit = 100, NextToken } = request;
  const first = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, "base64url").toString());
  if (!Number.isInteger(first)) throw awsError("ValidationException", "Parameter NextToken is not valid.");
  const end = first + Limit;
  const next = end < all.length ? { NextToken: Buffer.from(String(end)).toString("base64url") } : {};
  return { items: all.slice(first, end), next };
}
