import { Link } from "wouter";
import type { DeploymentDetail } from "../../server/queries/deployment.ts";
import type { StepAttempt, StepHistory } from "../../server/queries/steps.ts";
import { clockTime, howLong, type Tone } from "../words.ts";
import { LogView } from "./log-view.tsx";
import { Status } from "./status.tsx";

const tones: Readonly<Record<StepAttempt["status"], Tone>> = { running: "busy", succeeded: "ok", failed: "bad" };

/** What a person wants to read of a step: what it ran, not the function that started it. */
const logs: Readonly<Record<string, string>> = {
  Build: "build",
  Migrate: "migration",
  "Shift traffic": "app",
  Probe: "app",
  Bake: "app",
};
const logOf = (step: string) => logs[step] ?? step.toLowerCase().replaceAll(" ", "-");

interface StepListProps {
  stage: string;
  detail: DeploymentDetail;
  open: string | undefined;
}

/** The steps in their order, each with its attempts; one of them can be open. */
export function StepList({ stage, detail, open }: StepListProps) {
  const { history, medians, row } = detail;
  return (
    <ol className="steps" aria-label="Steps">
      {history.steps.map((step) => {
        const isOpen = step.name === open;
        const last = step.attempts.at(-1);
        const address = `/${stage}/deployments/${row.deployment}`;
        return (
          <li key={step.name} className={isOpen ? "open" : ""}>
            <Link
              href={isOpen ? address : `${address}/${encodeURIComponent(step.name)}`}
              aria-expanded={isOpen}
              replace
            >
              <span className="name">{step.name}</span>
              {last && <Status tone={tones[last.status]}>{last.status}</Status>}
              <span className="quiet">{durationOf(step)}</span>
              <span className="quiet median">{comparisonOf(step, medians[step.name])}</span>
            </Link>
            {isOpen && <Attempts step={step} />}
            {isOpen && <LogView key={step.name} stage={stage} id={row.deployment} log={logOf(step.name)} />}
          </li>
        );
      })}
    </ol>
  );
}

/** Of the running or last attempt: between a failure and its redrive nothing ran. */
function durationOf({ attempts }: StepHistory): string {
  const last = attempts.at(-1);
  if (!last) return "";
  const count = attempts.length > 1 ? `, ${attempts.length} attempts` : "";
  return `${howLong(secondsOf(last))}${count}`;
}

const secondsOf = ({ startedAt, endedAt }: StepAttempt) =>
  ((endedAt === null ? Date.now() : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000;

function comparisonOf({ attempts }: StepHistory, median: number | undefined): string {
  const last = attempts.at(-1);
  if (!last || median === undefined) return "";
  return `median ${howLong(median)}`;
}

function Attempts({ step }: { step: StepHistory }) {
  return (
    <div className="attempts">
      {step.attempts.map((attempt) => (
        <section
          key={attempt.startedAt}
          aria-label={attempt.redrive === 0 ? "First attempt" : `Redrive ${attempt.redrive}`}
        >
          <h3>{attempt.redrive === 0 ? "First attempt" : `Redrive ${attempt.redrive}`}</h3>
          <p className="quiet">
            {clockTime(attempt.startedAt)}, {howLong(secondsOf(attempt))}, called {attempt.calls} times
          </p>
          {attempt.error && (
            <p className="bad">
              <strong>{attempt.error}</strong>
            </p>
          )}
          {attempt.cause && <pre>{attempt.cause}</pre>}
          <Data title="Input" json={attempt.input} />
          <Data title="Output" json={attempt.output} />
        </section>
      ))}
    </div>
  );
}

function Data({ title, json }: { title: string; json: string | null }) {
  if (json === null) return null;
  return (
    <details>
      <summary>{title}</summary>
      <pre>{pretty(json)}</pre>
    </details>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
