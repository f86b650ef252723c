import type { AlarmHistoryItem, MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { Clients, Cloud, OperationInput, OperationOutput, Operations } from "#local/cloud/index.ts";
import { defineAlarm, type Alarm, type AlarmSettings } from "../alarm.ts";
import type { AlarmEngine } from "../engine.ts";
import { invalidState, invalidValue, noSuchAlarm, notSupported, validationError } from "../errors.ts";
import { page } from "../page.ts";
import type { AlarmStore } from "../store.ts";

type CloudWatch = Clients["cloudwatch"];

export interface AlarmParts {
  cloud: Pick<Cloud, "arn" | "clock">;
  alarms: AlarmStore;
  engine: AlarmEngine;
}

const stateValues = ["OK", "ALARM", "INSUFFICIENT_DATA"] as const;
const defaultPage = 50;
const largestPage = 100;

export function alarmOperations(parts: AlarmParts): Operations<CloudWatch> {
  const { alarms } = parts;
  return {
    putMetricAlarm({ Tags: _tags, ...settings }) {
      putAlarm(parts, settings);
      return {};
    },
    deleteAlarms({ AlarmNames }) {
      // as AWS: one name that is not there, and none is deleted.
      existing(alarms, AlarmNames);
      deleteAlarms(parts, AlarmNames);
      return {};
    },
    describeAlarms: (input) => describeAlarms(alarms, input),
    describeAlarmHistory: (input) => describeHistory(alarms, input),
    setAlarmState: (input) => setState(parts, input),
    enableAlarmActions: ({ AlarmNames }) => switchActions(parts, AlarmNames, true),
    disableAlarmActions: ({ AlarmNames }) => switchActions(parts, AlarmNames, false),
  };
}

/** Makes an alarm or gives it new settings; its state stays until it is judged by them. */
export function putAlarm({ cloud, alarms, engine }: AlarmParts, settings: AlarmSettings): Alarm {
  const name = settings.AlarmName ?? "";
  if (!/^[^\p{Cc}]{1,255}$/u.test(name)) throw validationError(`"${name}" is no name for an alarm.`);
  defineAlarm(settings);
  const now = cloud.clock.now();
  const known = alarms.get(name);
  const initial = {
    value: "INSUFFICIENT_DATA",
    reason: "Unchecked: Initial alarm creation",
    updatedAt: now,
    transitionedAt: now,
  } as const;
  const arn = cloud.arn("cloudwatch", `alarm:${name}`);
  const alarm: Alarm = { name, arn, settings, configuredAt: now, state: known?.state ?? initial };
  alarms.put(alarm, `Alarm "${name}" ${known ? "updated" : "created"}`);
  engine.watch(alarm);
  return alarm;
}

export function deleteAlarms({ alarms, engine }: AlarmParts, names: readonly string[]): void {
  alarms.delete(names);
  for (const name of names) engine.forget(name);
}

function existing(alarms: AlarmStore, names: readonly string[]): Alarm[] {
  const found = names.flatMap((name) => alarms.get(name) ?? []);
  if (found.length === names.length) return found;
  throw noSuchAlarm(names.filter((name) => !alarms.get(name)));
}

function switchActions({ alarms, cloud }: AlarmParts, names: readonly string[], ActionsEnabled: boolean) {
  const configuredAt = cloud.clock.now();
  for (const alarm of names.flatMap((name) => alarms.get(name) ?? [])) {
    alarms.put(
      { ...alarm, configuredAt, settings: { ...alarm.settings, ActionsEnabled } },
      `Alarm "${alarm.name}" updated`,
    );
  }
  return {};
}

/** as AWS: holds until the alarm is judged again, after the next period. */
function setState({ alarms, cloud }: AlarmParts, input: OperationInput<CloudWatch, "setAlarmState">) {
  const { AlarmName, StateValue, StateReason, StateReasonData } = input;
  if (!stateValues.some((value) => value === StateValue)) {
    throw invalidState(`StateValue must be one of ${stateValues.join(", ")}; it is "${StateValue}".`);
  }
  if (StateReasonData !== undefined && !isJson(StateReasonData)) throw invalidState("StateReasonData must be JSON.");
  const [alarm] = existing(alarms, [AlarmName]);
  if (!alarm) throw noSuchAlarm([AlarmName]);
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

function describeAlarms(alarms: AlarmStore, input: DescribeInput): OperationOutput<CloudWatch, "describeAlarms"> {
  const { AlarmNames, AlarmNamePrefix, StateValue, AlarmTypes = ["MetricAlarm"] } = input;
  if (AlarmNames && AlarmNamePrefix !== undefined) {
    throw invalidValue("AlarmNames and AlarmNamePrefix cannot be used together.");
  }
  for (const name of ["ChildrenOfAlarmName", "ParentsOfAlarmName", "ActionPrefix"] as const) {
    if (input[name] !== undefined) throw notSupported(`DescribeAlarms with ${name}`);
  }
  if (!AlarmTypes.includes("MetricAlarm")) return { MetricAlarms: [], CompositeAlarms: [] };
  const named = AlarmNames ? AlarmNames.flatMap((name) => alarms.get(name) ?? []) : alarms.list(AlarmNamePrefix);
  const found = named.filter(({ state }) => StateValue === undefined || state.value === StateValue);
  const size = pageSize(input.MaxRecords);
  const { items, nextToken } = page(found, ({ name }) => name, { size, token: input.NextToken });
  return { MetricAlarms: items.map(describe), CompositeAlarms: [], ...(nextToken && { NextToken: nextToken }) };
}

function pageSize(asked: number | undefined): number {
  if (asked === undefined) return defaultPage;
  if (asked < 1 || asked > largestPage)
    throw validationError(`MaxRecords must be 1 to ${largestPage}; it is ${asked}.`);
  return asked;
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

function describeHistory(alarms: AlarmStore, input: HistoryInput): OperationOutput<CloudWatch, "describeAlarmHistory"> {
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
