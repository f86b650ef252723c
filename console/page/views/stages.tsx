import { Link } from "wouter";
import { useGlance, useStages } from "../data.ts";
import { Problem } from "../parts/problem.tsx";
import { ReadinessWord } from "../parts/readiness.tsx";
import { Status } from "../parts/status.tsx";
import { sinceThen, shortId } from "../words.ts";

/** One line per stage. */
export function Stages() {
  const stages = useStages();
  return (
    <>
      <h1>Stages</h1>
      <ul className="stages">
        {stages.data?.map((stage) => (
          <StageLine key={stage} stage={stage} />
        ))}
      </ul>
    </>
  );
}

function StageLine({ stage }: { stage: string }) {
  const { data, error } = useGlance(stage);
  return (
    <li className="card stage-line">
      <h2>
        <Link href={`/${stage}`}>{stage}</Link>
      </h2>
      {error && <Problem error={error} />}
      {data && (
        <dl>
          <div>
            <dt>Live</dt>
            <dd>
              {data.live ? (
                <>
                  <Link href={`/${stage}/deployments/${data.live.deployment}`}>{shortId(data.live.deployment)}</Link>{" "}
                  {data.live.title} <span className="quiet">for {sinceThen(data.live.since)}</span>
                </>
              ) : (
                "no release yet"
              )}
            </dd>
          </div>
          <div>
            <dt>In progress</dt>
            <dd>
              <InProgress stage={stage} />
            </dd>
          </div>
          <div>
            <dt>Rollback</dt>
            <dd>
              <ReadinessWord stage={stage} />
            </dd>
          </div>
          <div>
            <dt>Alarms</dt>
            <dd>
              {data.alarms === null && "cannot be read"}
              {data.alarms?.length === 0 && <Status tone="ok">none in alarm</Status>}
              {data.alarms?.map((name) => (
                <Link key={name} href={`/${stage}/traffic#${name}`}>
                  <Status tone="bad">{name}</Status>
                </Link>
              ))}
            </dd>
          </div>
        </dl>
      )}
    </li>
  );
}

/** What is on its way and at which step, who waits, and what keeps it. */
export function InProgress({ stage }: { stage: string }) {
  const { data } = useGlance(stage);
  if (!data) return <span className="quiet">Loading …</span>;
  const { running, rollback, frozen, waiting, approval } = data;
  if (!running && !rollback && !frozen) return <span className="quiet">No deployment or rollback is running.</span>;
  return (
    <ul className="progress">
      {frozen && (
        <li>
          <Status tone="bad">frozen for {sinceThen(frozen.since)}</Status>
        </li>
      )}
      {rollback && (
        <li>
          <Status tone="warning">
            rolling back from {rollback.from ? shortId(rollback.from) : "nothing"} to{" "}
            {rollback.to ? shortId(rollback.to) : "nothing"}
            {rollback.step && `: ${rollback.step}`}
          </Status>
          {rollback.waitsFor && <span className="quiet"> {rollback.waitsFor}</span>}
        </li>
      )}
      {running && (
        <li>
          <Link href={`/${stage}/deployments/${running.deployment}`}>{shortId(running.deployment)}</Link>{" "}
          <Status tone={approval ? "warning" : "busy"}>{running.outcome}</Status>{" "}
          <span className="quiet">
            {running.stepSince && `for ${sinceThen(running.stepSince)}`} {running.waitsFor}
          </span>
        </li>
      )}
      {waiting
        .filter(({ deployment }) => deployment !== running?.deployment)
        .map(({ deployment, title, since }) => (
          <li key={deployment}>
            <Link href={`/${stage}/deployments/${deployment}`}>{shortId(deployment)}</Link> {title}{" "}
            <span className="quiet">has waited for {sinceThen(since)}</span>
          </li>
        ))}
    </ul>
  );
}
