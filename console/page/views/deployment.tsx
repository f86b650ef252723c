import { Link } from "wouter";
import type { DeploymentDetail } from "../../server/queries/deployment.ts";
import { useDeployment, useDifference } from "../data.ts";
import { ActionButton } from "../parts/action-button.tsx";
import { actionsOf } from "../parts/actions.ts";
import { MachineGraph } from "../parts/machine-graph.tsx";
import { Problem } from "../parts/problem.tsx";
import { Status } from "../parts/status.tsx";
import { StepList } from "../parts/step-list.tsx";
import { clockTime, howLong, shortId, tones } from "../words.ts";

interface DeploymentProps {
  stage: string;
  id: string;
  /** The step that is open; a failed step is open by itself. */
  step: string | undefined;
}

/** One deployment: what it is, how far it is, what can be done. */
export function Deployment({ stage, id, step }: DeploymentProps) {
  const { data, error } = useDeployment(stage, id);
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">Loading …</p>;
  const failed = data.history.steps.findLast(({ attempts }) => attempts.at(-1)?.status === "failed")?.name;
  return (
    <>
      <nav aria-label="Path" className="path">
        <Link href={`/${stage}`}>{stage}</Link> / <span aria-current="page">{shortId(id)}</span>
      </nav>
      <Header stage={stage} detail={data} />
      {data.failure && data.row.kind !== "deployed" && <Failure detail={data} />}
      <Changes stage={stage} id={id} />
      <div className="machine">
        <StepList stage={stage} detail={data} open={step ?? failed} />
        <MachineGraph machine="deploy" history={data.history} />
      </div>
      {data.rollback && <Rollback rollback={data.rollback} />}
    </>
  );
}

function Header({ stage, detail }: { stage: string; detail: DeploymentDetail }) {
  const { row, requestedBy } = detail;
  return (
    <header className="deployment">
      <h1>
        {row.title || shortId(row.deployment)} {row.live && <span className="badge ok">live</span>}
      </h1>
      <Status tone={tones[row.kind]}>{row.outcome}</Status>
      {detail.waitsFor && row.seconds === null && <p className="quiet">{detail.waitsFor}</p>}
      <dl className="facts">
        <Fact name="Commit">
          <code>{row.commit}</code>
        </Fact>
        <Fact name="Branch">{row.branch}</Fact>
        <Fact name="Author">{row.author}</Fact>
        <Fact name="Started by">{requestedBy ?? "a push"}</Fact>
        <Fact name="Started">{clockTime(row.startedAt)}</Fact>
        <Fact name="Took">{row.seconds === null ? "running" : howLong(row.seconds)}</Fact>
      </dl>
      {detail.notes.map((note) => (
        <p key={note} className="notice warning">
          {note}
        </p>
      ))}
      <div className="actions">
        {actionsOf(detail).map((action) => (
          <ActionButton key={action.name} stage={stage} action={action} />
        ))}
      </div>
    </header>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Failure({ detail: { failure } }: { detail: DeploymentDetail }) {
  if (!failure) return null;
  return (
    <section className="notice bad" aria-label="Failure">
      <h2>
        {failure.step}: {failure.error}
      </h2>
      <pre>{failure.cause}</pre>
    </section>
  );
}

/** What it changes, compared with the release before it. */
function Changes({ stage, id }: { stage: string; id: string }) {
  const { data, error } = useDifference(stage, id);
  if (error) return <Problem error={error} />;
  const [title, ...lines] = data?.lines ?? [];
  if (title === undefined) return null;
  return (
    <details className="changes">
      <summary>{title.replace(/:$/, "")}</summary>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}

function Rollback({ rollback }: { rollback: NonNullable<DeploymentDetail["rollback"]> }) {
  return (
    <section aria-label="Rollback">
      <h2>Rollback: {rollback.outcome}</h2>
      {rollback.explanation && <pre>{rollback.explanation}</pre>}
      <MachineGraph machine="rollback" history={rollback.history} />
    </section>
  );
}
