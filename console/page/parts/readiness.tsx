import type { ReadinessView } from "../../server/queries/readiness.ts";
import { useReadiness, useReleaseReadiness } from "../data.ts";
import type { Tone } from "../words.ts";
import { Status } from "./status.tsx";

const tones: Readonly<Record<ReadinessView["state"], Tone>> = { ready: "ok", "not ready": "warning", unknown: "quiet" };
const resultTones = { ok: "ok", warning: "warning", failed: "bad", unknown: "quiet" } as const;

/** Whether the stage can go back to the release before. */
export function ReadinessWord({ stage }: { stage: string }) {
  const { data, error } = useReadiness(stage);
  return data ? (
    <Status tone={tones[data.state]}>{data.state}</Status>
  ) : (
    <span className="quiet">{wordOf(data, error)}</span>
  );
}

function wordOf(data: null | undefined, error: Error | null): string {
  if (error) return "cannot be read";
  return data === null ? "no release yet" : "checking …";
}

/** The checks, and what to do about those that fail. */
export function ReadinessChecks({ stage }: { stage: string }) {
  const { data, error } = useReadiness(stage);
  // As high as the summary: what follows must not move when it arrives.
  if (!data) return <p className="readiness quiet">Rollback: {wordOf(data, error)}</p>;
  return (
    <details className="readiness">
      <summary>
        Rollback: <Status tone={tones[data.state]}>{data.description}</Status>
      </summary>
      <dl>
        {data.checks.map(({ name, result, detail }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Status tone={resultTones[result]}>{result}</Status> {detail}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** What would stop a rollback to a release, or what a person should know before it. */
export function ReleaseReadiness({ stage, id }: { stage: string; id: string }) {
  const { data, error } = useReleaseReadiness(stage, id);
  if (error) return <span className="small quiet">Whether a rollback can work could not be checked.</span>;
  if (!data) return <span className="small quiet">checking …</span>;
  const shown = data.checks.filter(({ name, result }) => result !== "ok" && !ofStage.includes(name));
  return (
    <>
      <span className="small">
        <Status tone={tones[data.state]}>{data.state}</Status>
      </span>
      {shown.map(({ name, result, detail }) => (
        <span key={name} className={`small ${resultTones[result]}`}>
          {name}: {detail}
        </span>
      ))}
    </>
  );
}

/** The same for all releases. */
const ofStage = ["Alarms", "Snapshots"];
