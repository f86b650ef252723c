import type { Cloud } from "#local/cloud/index.ts";
import type { Alarm, AlarmState } from "./alarm.ts";
import { stateChange } from "./events.ts";

/** One line of an alarm's history. */
interface HistoryItem {
  at: number;
  kind: "ConfigurationUpdate" | "StateUpdate";
  summary: string;
  data: string;
}

export type Store = ReturnType<typeof openStore>;

/** Alarms with their state. A change of state and its event are written in one transaction. */
export function openStore(cloud: Pick<Cloud, "store" | "emit">) {
  const { store } = cloud;
  const alarms = store.collection<Alarm>("cloudwatch.alarms");
  const history = store.journal<HistoryItem>("cloudwatch.history");
  return {
    get: (name: string) => alarms.get(name),
    list: (prefix = "") => alarms.list(prefix),
    history: (name: string) => history.read(name),
    put: (alarm: Alarm, summary: string) =>
      store.transaction(() => {
        const data = JSON.stringify({ version: "1.0", updatedAlarm: alarm.settings });
        history.append(alarm.name, { at: alarm.configuredAt, kind: "ConfigurationUpdate", summary, data });
        alarms.put(alarm.name, alarm);
      }),
    setState: (alarm: Alarm, next: Omit<AlarmState, "transitionedAt">) =>
      store.transaction(() => {
        const isChange = next.value !== alarm.state.value;
        const transitionedAt = isChange ? next.updatedAt : alarm.state.transitionedAt;
        const changed = { ...alarm, state: { ...next, transitionedAt } };
        alarms.put(alarm.name, changed);
        if (!isChange) return;
        history.append(alarm.name, { at: next.updatedAt, kind: "StateUpdate", ...historyOf(alarm.state, next) });
        cloud.emit(stateChange(changed, alarm.state));
      }),
    delete: (names: readonly string[]) =>
      store.transaction(() => {
        for (const name of names) {
          alarms.delete(name);
          history.delete(name);
        }
      }),
  };
}

type State = Pick<AlarmState, "value" | "reason" | "reasonData">;

function historyOf(from: State, to: State) {
  const stateOf = ({ value, reason, reasonData }: State) => ({
    stateValue: value,
    stateReason: reason,
    ...(reasonData !== undefined && { stateReasonData: JSON.parse(reasonData) as unknown }),
  });
  const data = JSON.stringify({ version: "1.0", oldState: stateOf(from), newState: stateOf(to) });
  return { summary: `Alarm updated from ${from.value} to ${to.value}`, data };
}
