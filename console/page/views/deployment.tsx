import { Link } from "wouter";
import type { DeploymentDetail } from "../../server/queries/deployment.ts";
import { useDeployment, useMessage } from "../data.ts";
import { ActionButton } from "../parts/action-button.tsx";
import { actionsOf } from "../parts/actions.ts";
import { Changes } from "../parts/changes.tsx";
import { MachineGraph } from "../parts/machine-graph.tsx";
import { Migrations } from "../parts/migrations.tsx";
import { Problem } from "../parts/problem.tsx";
import { Status } from "../parts/status.tsx";
import { StepList } from "../parts/step-list.tsx";
import { idleSeconds } from "../parts/step-times.ts";
import { useNow } from "../parts/use-now.ts";
import { useTitle } from "../parts/use-title.ts";
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
  useTitle(`${data?.row.title || shortId(id)}: ${stage}`);
  if (error) return <Problem error={error} />;
  if (!data) return <p className="quiet">Loading …</p>;
  const failed = data.history.steps.findLast(({ attempts }) => attempts.at(-1)?.status === "failed")?.name;
  const open = step ?? failed;
  return (
    <>
      <nav aria-label="Path" className="path">
        <Link href={`/${stage}`}>{stage}</Link> / <span aria-current="page">{shortId(id)}</span>
      </nav>
      <Header stage={stage} detail={data} />
      {data.failure && data.row.kind !== "deployed" && data.failure.step !== open && <Failure detail={data} />}
      <div className="machine">
        <div>
          <StepList stage={stage} detail={data} open={open} />
          {data.rollback && <Rollback rollback={data.rollback} />}
          <Changes stage={stage} id={id} migrations={data.pending} />
        </div>
        <MachineGraph machine="deploy" history={data.history} />
      </div>
      <p>
        <Link href={`/${stage}/deployments/${id}/receipt`}>Receipt: who approved it, traffic, cost</Link>
      </p>
    </>
  );
}

function Header({ stage, detail }: { stage: string; detail: DeploymentDetail }) {
  const { row } = detail;
  const { data: body } = useMessage(stage, row.deployment);
  return (
    <header className="deployment">
      <h1>
        {row.title || shortId(row.deployment)} {row.live && <span className="badge ok">live</span>}
      </h1>
      <p className="outcome">
        <Status tone={tones[row.kind]}>{row.outcome}</Status>
        {detail.waitsFor && row.seconds === null && <span className="quiet"> {detail.waitsFor}</span>}
      </p>
      {body && <pre className="message">{body}</pre>}
      <Facts detail={detail} />
      {detail.notes.map((note) => (
        <p key={note} className="notice warning">
          {note}
        </p>
      ))}
      <div className="actions">
        {actionsOf(detail).map((action) => (
          <ActionButton key={action.name} stage={stage} action={action}>
            {showsMigrations(action.name) ? () => <Migrations stage={stage} id={row.deployment} /> : undefined}
          </ActionButton>
        ))}
      </div>
    </header>
  );
}

const showsMigrations = (name: string) => name === "approve" || name === "reject";

function Facts({ detail: { row, approval, redrives, history } }: { detail: DeploymentDetail }) {
  const idle = idleSeconds(history);
  return (
    <dl className="facts">
      <Fact isWide name="Commit">
        <code>{row.commit}</code>
      </Fact>
      <Fact name="Branch">{row.branch}</Fact>
      <Fact name="Author">{row.author}</Fact>
      <Fact name="Trigger">{row.trigger}</Fact>
      <Fact name="Started">{clockTime(row.startedAt)}</Fact>
      <Fact name="Took" isWide={idle > 0}>
        {row.seconds === null ? <Since at={row.startedAt} /> : howLong(row.seconds - idle)}
        {idle > 0 && <span className="quiet">, and {howLong(idle)} between failures and redrives</span>}
      </Fact>
      {approval && (
        <Fact isWide name={approval.decision === "approved" ? "Approved" : "Rejected"}>
          {clockTime(approval.at)} by {approval.by}
          {approval.reason && `: ${approval.reason}`}
        </Fact>
      )}
      {redrives.map(({ at, by }) => (
        <Fact key={at} isWide name="Redriven">
          {clockTime(at)} by {by}
        </Fact>
      ))}
    </dl>
  );
}

/** Counts on while the deployment runs. */
function Since({ at }: { at: string }) {
  return <>running for {howLong((useNow() - Date.parse(at)) / 1000)}</>;
}

interface FactProps {
  name: string;
  isWide?: boolean;
  children: React.ReactNode;
}

function Fact({ name, isWide = false, children }: FactProps) {
  return (
    <div className={isWide ? "wide" : ""}>
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

function Rollback({ rollback }: { rollback: NonNullable<DeploymentDetail["rollback"]> }) {
  const isNeeded = rollback.outcome !== "nothing-to-undo";
  return (
    <section aria-label="Rollback" className="card">
      <h2>Rollback: {rollback.outcome.replaceAll("-", " ")}</h2>
      {rollback.explanation && <pre>{rollback.explanation}</pre>}
      {isNeeded && <MachineGraph machine="rollback" history={rollback.history} />}
    </section>
  );
}
