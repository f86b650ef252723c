import { Link } from "wouter";
import type { DeploymentDetail } from "../../server/queries/deployment.ts";
import type { StepAttempt, StepHistory } from "../../server/queries/steps.ts";
import { clockTime, howLong, type Tone } from "../words.ts";
import { LogView } from "./log-view.tsx";
import { Status } from "./status.tsx";
import { compareToMedian, gapBefore, secondsOf } from "./step-times.ts";
import { useNow } from "./use-now.ts";

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

/** For a person, or for other deployments: how long says nothing about the step. */
const waits = ["Acquire lock", "Approve"];

/** In the address instead of a step: none is open, not even the one that failed. */
const noStep = "-";

interface StepListProps {
  stage: string;
  detail: DeploymentDetail;
  open: string | undefined;
}

/** The steps in their order, each with its attempts; one of them can be open. */
export function StepList({ stage, detail, open }: StepListProps) {
  const { history, medians, row } = detail;
  const address = `/${stage}/deployments/${row.deployment}`;
  if (history.steps.length === 0) return <p className="empty">No step has started yet.</p>;
  return (
    <ol className="steps" aria-label="Steps">
      {history.steps.map((step) => {
        const isOpen = step.name === open;
        const target = isOpen ? noStep : encodeURIComponent(step.name);
        return (
          <li key={step.name} className={isOpen ? "open" : ""}>
            <Link href={`${address}/${target}`} aria-expanded={isOpen} replace>
              <StepLine step={step} median={medians[step.name]} />
            </Link>
            {isOpen && <Attempts step={step} />}
            {isOpen && <LogView key={step.name} stage={stage} id={row.deployment} log={logOf(step.name)} />}
          </li>
        );
      })}
    </ol>
  );
}

function StepLine({ step, median }: { step: StepHistory; median: number | undefined }) {
  const now = useNow();
  const { attempts, name } = step;
  const last = attempts.at(-1);
  if (!last) return <span className="name">{name}</span>;
  // Of the running or last attempt: between a failure and its redrive nothing ran.
  const seconds = secondsOf(last, now);
  const comparison = waits.includes(name) || last.status === "failed" ? undefined : compareToMedian(seconds, median);
  return (
    <>
      <span className="name">{name}</span>
      <Status tone={tones[last.status]}>{last.status}</Status>
      <span className="quiet">
        {howLong(seconds)}
        {attempts.length > 1 && `, ${attempts.length} attempts`}
      </span>
      <span className={comparison === "slower" ? "warning median" : "quiet median"}>
        {comparison && median !== undefined && `median ${howLong(median)}`}
        {comparison === "slower" && ", slower"}
        {comparison === "faster" && ", faster"}
      </span>
    </>
  );
}

function Attempts({ step }: { step: StepHistory }) {
  return (
    <div className="attempts">
      {step.attempts.map((attempt, index) => (
        <Attempt
          key={attempt.startedAt}
          attempt={attempt}
          gap={gapBefore(step, index)}
          isOnly={step.attempts.length === 1}
        />
      ))}
    </div>
  );
}

interface AttemptProps {
  attempt: StepAttempt;
  gap: number | undefined;
  isOnly: boolean;
}

/** The time before it, in which nothing ran, is one line. */
function Attempt({ attempt, gap, isOnly }: AttemptProps) {
  const title = attempt.redrive === 0 ? "First attempt" : `Redrive ${attempt.redrive}`;
  const { calls } = attempt;
  return (
    <>
      {gap !== undefined && <p className="gap quiet small">{howLong(gap)} later</p>}
      <section aria-label={title}>
        {!isOnly && <h3>{title}</h3>}
        <p className="quiet small">
          {clockTime(attempt.startedAt)}, {howLong(secondsOf(attempt))}
          {calls > 1 && `, function called ${calls} times`}
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
    </>
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
