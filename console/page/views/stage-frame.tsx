import type { ReactNode } from "react";
import { Link } from "wouter";
import { ActionButton } from "../parts/action-button.tsx";
import { unlockOf } from "../parts/actions.ts";
import { useGlance } from "../data.ts";
import { Problem } from "../parts/problem.tsx";
import { ReadinessChecks } from "../parts/readiness.tsx";
import { ago } from "../words.ts";
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
  if (error) return <Problem error={error} />;
  return (
    <>
      <h1>{stage}</h1>
      {data?.frozen && (
        <section className="notice bad" aria-label="Frozen">
          <h2>The stage is frozen since {ago(data.frozen.since)}</h2>
          <pre>{data.frozen.reason}</pre>
          <ActionButton stage={stage} action={unlockOf(stage, data)} />
        </section>
      )}
      <p className="in-progress">
        <InProgress stage={stage} />
      </p>
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
