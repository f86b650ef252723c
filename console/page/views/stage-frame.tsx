import type { ReactNode } from "react";
import { Link } from "wouter";
import { ActionButton } from "../parts/action-button.tsx";
import type { Glance } from "../../server/queries/glance.ts";
import { abortRollbackOf, deployOf, redriveFrozenOf, rollbackOf, unlockOf } from "../parts/stage-actions.ts";
import { CommitPicker } from "../parts/commit-picker.tsx";
import { useGlance } from "../data.ts";
import { ReleasePicker } from "../parts/release-picker.tsx";
import { useTitle } from "../parts/use-title.ts";
import { Problem } from "../parts/problem.tsx";
import { ReadinessChecks } from "../parts/readiness.tsx";
import { sinceThen, clockTime, shortId } from "../words.ts";
import { InProgress } from "./stages.tsx";

const views = { deployments: "Deployments", traffic: "Traffic and alarms", database: "Database" };

interface StageFrameProps {
  stage: string;
  view: keyof typeof views;
  children: ReactNode;
}

/** What all views of a stage share: its state, and the way to the other views. */
export function StageFrame({ stage, view, children }: StageFrameProps) {
  const { data, error } = useGlance(stage);
  useTitle(`${stage}: ${views[view]}`);
  if (error) return <Problem error={error} />;
  return (
    <>
      <header className="stage">
        <h1>{stage}</h1>
        {data && <StageActions stage={stage} glance={data} />}
      </header>
      {data?.frozen && (
        <section className="notice bad" aria-label="Frozen">
          <h2>The stage has been frozen for {sinceThen(data.frozen.since)}</h2>
          <pre>{data.frozen.reason}</pre>
          <ActionButton stage={stage} action={redriveFrozenOf()} />
        </section>
      )}
      <section aria-label="In progress">
        <InProgress stage={stage} />
      </section>
      <ReadinessChecks stage={stage} />
      <nav className="tabs" aria-label="Views">
        {Object.entries(views).map(([name, title]) => (
          <Link
            key={name}
            href={name === "deployments" ? `/${stage}` : `/${stage}/${name}`}
            aria-current={name === view ? "page" : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      {children}
    </>
  );
}

function StageActions({ stage, glance }: { stage: string; glance: Glance }) {
  return (
    <div className="actions">
      <ActionButton stage={stage} action={deployOf(stage, glance)}>
        {(choose) => <CommitPicker stage={stage} choose={choose} />}
      </ActionButton>
      <ActionButton stage={stage} action={rollbackOf(glance)}>
        {(choose) => <ReleasePicker stage={stage} choose={choose} />}
      </ActionButton>
      {glance.rollback && <ActionButton stage={stage} action={abortRollbackOf(glance.rollback)} />}
      <ActionButton stage={stage} action={unlockOf(stage, glance)}>
        {() => <Lock glance={glance} />}
      </ActionButton>
    </div>
  );
}

/** Who holds the lock, and who waits for it. */
function Lock({ glance: { lock, frozen, waiting } }: { glance: Glance }) {
  return (
    <dl>
      <div>
        <dt>Held by</dt>
        <dd>
          {lock.holder === null
            ? "nothing"
            : `${shortId(lock.holder)}${lock.since ? `, since ${clockTime(lock.since)}` : ""}`}
        </dd>
      </div>
      {frozen && (
        <div>
          <dt>Frozen</dt>
          <dd>
            since {clockTime(frozen.since)}
            <pre>{frozen.reason}</pre>
          </dd>
        </div>
      )}
      <div>
        <dt>Waiting</dt>
        <dd>
          {waiting.length === 0 && "nothing"}
          <ul>
            {waiting.map(({ deployment, title, since }) => (
              <li key={deployment}>
                <code>{shortId(deployment)}</code> {title} <span className="quiet">since {clockTime(since)}</span>
              </li>
            ))}
          </ul>
        </dd>
      </div>
    </dl>
  );
}
