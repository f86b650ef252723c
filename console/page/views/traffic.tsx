import { useEffect } from "react";
import { useSearchParams } from "wouter";
import type { StageAlarm } from "../../server/queries/alarms.ts";
import type { TargetGroupTraffic, Traffic as TrafficData } from "../../server/queries/traffic.ts";
import { useTraffic } from "../data.ts";
import { ActionButton } from "../parts/action-button.tsx";
import { setAlarmOf } from "../parts/stage-actions.ts";
import { Chart } from "../parts/chart.tsx";
import { Problem } from "../parts/problem.tsx";
import { Status } from "../parts/status.tsx";
import { sinceThen, type Tone } from "../words.ts";

const ranges = { "1 hour": 60, "3 hours": 180, "1 day": 1440 };

/** Weights, requests, errors and response times of blue and green on one time axis; target health; alarms. */
export function Traffic({ stage }: { stage: string }) {
  const [parameters, setParameters] = useSearchParams();
  const minutes = Number(parameters.get("minutes") ?? 60);
  const { data, error } = useTraffic(stage, minutes);
  if (error && !data) return <Problem error={error} />;
  if (!data) return <p className="quiet">Loading …</p>;
  return (
    <>
      <div className="columns">
        {data.groups.map((group) => (
          <Group key={group.name} group={group} />
        ))}
      </div>
      <label className="range">
        Period{" "}
        <select value={minutes} onChange={({ target }) => setParameters({ minutes: target.value }, { replace: true })}>
          {Object.entries(ranges).map(([name, value]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Charts data={data} />
      <Alarms stage={stage} alarms={data.alarms} isLocal={data.isLocal} />
    </>
  );
}

function Charts({ data }: { data: TrafficData }) {
  const series = (key: "requestsPerSecond" | "errorsPerSecond" | "p95Seconds") =>
    data.groups.map(({ name, [key]: values }) => ({ name, values }));
  const shared = { times: data.times, marks: data.marks };
  return (
    <div className="charts">
      <Chart title="Requests per second" series={series("requestsPerSecond")} {...shared} />
      <Chart title="5xx per second" series={series("errorsPerSecond")} {...shared} />
      <Chart
        title="95th percentile of the response time, in seconds"
        series={series("p95Seconds")}
        threshold={data.latencyThreshold}
        {...shared}
      />
    </div>
  );
}

const healthTones: Readonly<Record<string, Tone>> = {
  healthy: "ok",
  initial: "busy",
  draining: "quiet",
  unused: "quiet",
};

function Group({ group: { name, weight, targets } }: { group: TargetGroupTraffic }) {
  return (
    <section className={`card group ${name}`} aria-label={name}>
      <h2>{name}</h2>
      <meter min={0} max={100} value={weight} aria-label={`Production traffic to ${name}`} />
      <p>{Math.round(weight)} % of production traffic</p>
      {targets.length === 0 && <p className="quiet">no targets</p>}
      <ul>
        {targets.map(({ id, state, reason }) => (
          <li key={id}>
            <code>{id}</code> <Status tone={healthTones[state] ?? "bad"}>{state}</Status>{" "}
            <span className="quiet">{reason}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const alarmTones: Readonly<Record<StageAlarm["state"], Tone>> = { OK: "ok", ALARM: "bad", INSUFFICIENT_DATA: "quiet" };

function Alarms({ stage, alarms, isLocal }: { stage: string; alarms: readonly StageAlarm[]; isLocal: boolean }) {
  // The browser looks for what the address names before the alarms have been read.
  useEffect(() => document.getElementById(location.hash.slice(1))?.scrollIntoView(), []);
  return (
    <section aria-label="Alarms">
      <h2>Alarms</h2>
      <p className="quiet">An alarm during a deployment, or soon after it, returns traffic to the previous release.</p>
      <ul className="alarms">
        {alarms.map((alarm) => (
          <li key={alarm.name} id={alarm.name} className="card">
            <h3>
              <a href={`#${alarm.name}`}>{alarm.name}</a>
            </h3>
            <Status tone={alarmTones[alarm.state]}>{alarm.state}</Status>{" "}
            {alarm.since && <span className="quiet">for {sinceThen(alarm.since)}</span>}
            <p>{alarm.description}</p>
            <p className="quiet">{alarm.reason}</p>
            <ActionButton stage={stage} action={setAlarmOf(alarm, isLocal)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
