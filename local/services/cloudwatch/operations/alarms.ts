import type { MetricAlarm, StateValue } from "@aws-sdk/client-cloudwatch";
import { defineAlarm, type Alarm, type AlarmSettings } from "../alarm.ts";
import type { Deps } from "../deps.ts";
import { fault, invalid, invalidValue } from "../faults.ts";
import type { Input, Operations } from "../reads.ts";

const stateValues: readonly StateValue[] = ["OK", "ALARM", "INSUFFICIENT_DATA"];

export const alarmOperations = (deps: Deps) =>
  ({
    putMetricAlarm(settings) {
      putAlarm(deps, settings);
      return {};
    },
    deleteAlarms({ AlarmNames }) {
      const missing = AlarmNames.filter((name) => !deps.alarms.get(name));
      // as AWS: if one of the alarms does not exist, none is deleted.
      if (missing.length > 0) throw alarmNotFound(missing);
      deleteAlarms(deps, AlarmNames);
      return {};
    },
    describeAlarms: (input) => ({ MetricAlarms: findAlarms(deps, input).map(described), CompositeAlarms: [] }),
    describeAlarmHistory({ AlarmName, ...filter }) {
      const names = AlarmName === undefined ? deps.alarms.list().map(({ name }) => name) : [AlarmName];
      return { AlarmHistoryItems: findHistory(deps, names, filter) };
    },
    setAlarmState(input) {
      setState(deps, input);
      return {};
    },
    enableAlarmActions: ({ AlarmNames }) => switchActions(deps, AlarmNames, true),
    disableAlarmActions: ({ AlarmNames }) => switchActions(deps, AlarmNames, false),
  }) satisfies Partial<Operations>;

const alarmNotFound = (names: readonly string[]) =>
  fault("ResourceNotFound", `Alarm ${names.join(", ")} does not exist.`);

/** Creates or updates an alarm; an update keeps the state until the next evaluation. */
export function putAlarm({ cloud, alarms, engine }: Deps, settings: AlarmSettings): Alarm {
  const { AlarmName: name } = settings;
  if (!/^[^\p{Cc}]{1,255}$/u.test(name)) throw invalid(`"${name}" is not a valid alarm name.`);
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

function switchActions({ alarms, cloud }: Deps, names: readonly string[], ActionsEnabled: boolean) {
  const configuredAt = cloud.clock.now();
  for (const alarm of names.flatMap((name) => alarms.get(name) ?? [])) {
    const settings = { ...alarm.settings, ActionsEnabled };
    alarms.put({ ...alarm, configuredAt, settings }, `Alarm "${alarm.name}" updated`);
  }
  return {};
}

/** as AWS: the state lasts until the next evaluation. */
function setState({ alarms, cloud }: Deps, input: Input<"setAlarmState">): void {
  const { AlarmName, StateValue, StateReason, StateReasonData } = input;
  if (!stateValues.includes(StateValue)) {
    const values = stateValues.join(", ");
    throw fault("InvalidFormatFault", `StateValue must be one of ${values}; it is "${StateValue}".`);
  }
  if (StateReasonData !== undefined && !isJson(StateReasonData)) {
    throw fault("InvalidFormatFault", "StateReasonData must be JSON.");
  }
  const alarm = alarms.get(AlarmName);
  if (!alarm) throw alarmNotFound([AlarmName]);
  const updatedAt = cloud.clock.now();
  alarms.setState(alarm, { value: StateValue, reason: StateReason, reasonData: StateReasonData, updatedAt });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function findAlarms({ alarms }: Deps, input: Input<"describeAlarms">): Alarm[] {
  const { AlarmNames, AlarmNamePrefix, StateValue, AlarmTypes = ["MetricAlarm"] } = input;
  if (AlarmNames && AlarmNamePrefix !== undefined) {
    throw invalidValue("AlarmNames and AlarmNamePrefix cannot be used together.");
  }
  if (!AlarmTypes.includes("MetricAlarm")) return [];
  const named = AlarmNames ? AlarmNames.flatMap((name) => alarms.get(name) ?? []) : alarms.list(AlarmNamePrefix);
  return named.filter(({ state }) => StateValue === undefined || state.value === StateValue);
}

const described = ({ arn, settings, state, configuredAt }: Alarm): MetricAlarm => ({
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
  StateReasonData: state.reasonData,
  StateUpdatedTimestamp: new Date(state.updatedAt),
  StateTransitionedTimestamp: new Date(state.transitionedAt),
});

type HistoryFilter = Omit<Input<"describeAlarmHistory">, "AlarmName">;

function findHistory({ alarms }: Deps, names: readonly string[], filter: HistoryFilter) {
  const { HistoryItemType, StartDate, EndDate, ScanBy = "TimestampDescending" } = filter;
  const from = StartDate?.getTime() ?? 0;
  const to = EndDate?.getTime() ?? Number.POSITIVE_INFINITY;
  const items = names
    .flatMap((name) => alarms.history(name).map((item) => ({ ...item, name })))
    .filter(({ kind, at }) => (HistoryItemType === undefined || kind === HistoryItemType) && at >= from && at <= to)
    .sort((a, b) => a.at - b.at);
  return (ScanBy === "TimestampDescending" ? items.toReversed() : items).map(({ name, at, kind, summary, data }) => ({
    AlarmName: name,
    AlarmType: "MetricAlarm" as const,
    Timestamp: new Date(at),
    HistoryItemType: kind,
    HistorySummary: summary,
    HistoryData: data,
  }));
}
