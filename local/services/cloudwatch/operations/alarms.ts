import type { AlarmHistoryItem, MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { Clients, OperationInput, OperationOutput, Operations } from "#local/cloud/index.ts";
import { defineAlarm, type Alarm, type AlarmSettings } from "../alarm.ts";
import type { Deps } from "../deps.ts";
import { invalidState, invalidValue, alarmNotFound, notSupported, validationError } from "../faults.ts";
import { page } from "../page.ts";
import type { Store } from "../store.ts";

type CloudWatch = Clients["cloudwatch"];

const stateValues = ["OK", "ALARM", "INSUFFICIENT_DATA"] as const;
const defaultPageSize = 50;
const maxPageSize = 100;

export function alarmOperations(deps: Deps): Operations<"cloudwatch"> {
  const { alarms } = deps;
  return {
    putMetricAlarm({ Tags: _tags, ...settings }) {
      putAlarm(deps, settings);
      return {};
    },
    deleteAlarms({ AlarmNames }) {
      // as AWS: if one of the alarms does not exist, none is deleted.
      existingAlarms(alarms, AlarmNames);
      deleteAlarms(deps, AlarmNames);
      return {};
    },
    describeAlarms: (input) => describeAlarms(alarms, input),
    describeAlarmHistory: (input) => describeHistory(alarms, input),
    setAlarmState: (input) => setState(deps, input),
    enableAlarmActions: ({ AlarmNames }) => switchActions(deps, AlarmNames, true),
    disableAlarmActions: ({ AlarmNames }) => switchActions(deps, AlarmNames, false),
  };
}

/** Creates or updates an alarm; an update keeps the state until the next evaluation. */
export function putAlarm({ cloud, alarms, engine }: Deps, settings: AlarmSettings): Alarm {
  const name = settings.AlarmName ?? "";
  if (!/^[^\p{Cc}]{1,255}$/u.test(name)) throw validationError(`"${name}" is not a valid alarm name.`);
  defineAlarm(settings);
  const now = cloud.clock.now();
  const existing = alarms.get(name);
  const initial = {
    value: "INSUFFICIENT_DATA",
    reason: "Unchecked: Initial alarm creation",
    updatedAt: now,
    transitionedAt: now,
  } as const;
  const arn = cloud.arn("cloudwatch", `alarm:${name}`);
  const alarm: Alarm = { name, arn, settings, configuredAt: now, state: existing?.state ?? initial };
  alarms.put(alarm, `Alarm "${name}" ${existing ? "updated" : "created"}`);
  engine.watch(alarm);
  return alarm;
}

export function deleteAlarms({ alarms, engine }: Deps, names: readonly string[]): void {
  alarms.delete(names);
  for (const name of names) engine.unwatch(name);
}

function existingAlarms(alarms: Store, names: readonly string[]): Alarm[] {
  const existing = names.flatMap((name) => alarms.get(name) ?? []);
  if (existing.length === names.length) return existing;
  throw alarmNotFound(names.filter((name) => !alarms.get(name)));
}

function switchActions({ alarms, cloud }: Deps, names: readonly string[], ActionsEnabled: boolean) {
  const configuredAt = cloud.clock.now();
  for (const alarm of names.flatMap((name) => alarms.get(name) ?? [])) {
    alarms.put(
      { ...alarm, configuredAt, settings: { ...alarm.settings, ActionsEnabled } },
      `Alarm "${alarm.name}" updated`,
    );
  }
  return {};
}

/** as AWS: the state lasts until the next evaluation. */
function setState({ alarms, cloud }: Deps, input: OperationInput<CloudWatch, "setAlarmState">) {
  const { AlarmName, StateValue, StateReason, StateReasonData } = input;
  if (!stateValues.some((value) => value === StateValue)) {
    throw invalidState(`StateValue must be one of ${stateValues.join(", ")}; it is "${StateValue}".`);
  }
  if (StateReasonData !== undefined && !isJson(StateReasonData)) throw invalidState("StateReasonData must be JSON.");
  const [alarm] = existingAlarms(alarms, [AlarmName]);
  if (!alarm) throw alarmNotFound([AlarmName]);
  const updatedAt = cloud.clock.now();
  alarms.setState(alarm, { value: StateValue, reason: StateReason, reasonData: StateReasonData, updatedAt });
  return {};
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type DescribeInput = OperationInput<CloudWatch, "describeAlarms">;

function describeAlarms(alarms: Store, input: DescribeInput): OperationOutput<CloudWatch, "describeAlarms"> {
  const { AlarmNames, AlarmNamePrefix, StateValue, AlarmTypes = ["MetricAlarm"] } = input;
  if (AlarmNames && AlarmNamePrefix !== undefined) {
    throw invalidValue("AlarmNames and AlarmNamePrefix cannot be used together.");
  }
  for (const name of ["ChildrenOfAlarmName", "ParentsOfAlarmName", "ActionPrefix"] as const) {
    if (input[name] !== undefined) throw notSupported(`DescribeAlarms with ${name}`);
  }
  if (!AlarmTypes.includes("MetricAlarm")) return { MetricAlarms: [], CompositeAlarms: [] };
  const named = AlarmNames ? AlarmNames.flatMap((name) => alarms.get(name) ?? []) : alarms.list(AlarmNamePrefix);
  const selected = named.filter(({ state }) => StateValue === undefined || state.value === StateValue);
  const size = pageSize(input.MaxRecords);
  const { items, nextToken } = page(selected, ({ name }) => name, { size, token: input.NextToken });
  return { MetricAlarms: items.map(describe), CompositeAlarms: [], ...(nextToken && { NextToken: nextToken }) };
}

function pageSize(size: number | undefined): number {
  if (size === undefined) return defaultPageSize;
  if (size < 1 || size > maxPageSize) throw validationError(`MaxRecords must be 1 to ${maxPageSize}; it is ${size}.`);
  return size;
}

function describe({ arn, settings, state, configuredAt }: Alarm): MetricAlarm {
  return {
    ...settings,
    AlarmArn: arn,
    ActionsEnabled: settings.ActionsEnabled ?? true,
    AlarmConfigurationUpdatedTimestamp: new Date(configuredAt),
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    Dimensions: settings.Dimensions ?? [],
    StateValue: state.value,
    StateReason: state.reason,
    ...(state.reasonData !== undefined && { StateReasonData: state.reasonData }),
    StateUpdatedTimestamp: new Date(state.updatedAt),
    StateTransitionedTimestamp: new Date(state.transitionedAt),
  };
}

type HistoryInput = OperationInput<CloudWatch, "describeAlarmHistory">;

function describeHistory(alarms: Store, input: HistoryInput): OperationOutput<CloudWatch, "describeAlarmHistory"> {
  const { AlarmName, HistoryItemType, StartDate, EndDate, ScanBy = "TimestampDescending" } = input;
  const names = AlarmName === undefined ? alarms.list().map(({ name }) => name) : [AlarmName];
  const from = StartDate?.getTime() ?? 0;
  const to = EndDate?.getTime() ?? Number.POSITIVE_INFINITY;
  const items = names
    .flatMap((name) => alarms.history(name).map((item, index) => ({ ...item, name, key: `${name}/${index}` })))
    .filter(({ kind, at }) => (HistoryItemType === undefined || kind === HistoryItemType) && at >= from && at <= to)
    .sort((a, b) => a.at - b.at);
  const ordered = ScanBy === "TimestampDescending" ? items.toReversed() : items;
  const paged = page(ordered, ({ key }) => key, { size: pageSize(input.MaxRecords), token: input.NextToken });
  return {
    AlarmHistoryItems: paged.items.map(
      ({ name, at, kind, summary, data }): AlarmHistoryItem => ({
        AlarmName: name,
        AlarmType: "MetricAlarm",
        Timestamp: new Date(at),
        HistoryItemType: kind,
        HistorySummary: summary,
        HistoryData: data,
      }),
    ),
    ...(paged.nextToken && { NextToken: paged.nextToken }),
  };
}
