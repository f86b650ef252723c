import type { DifferenceView } from "../../server/queries/difference.ts";
import { useDifference } from "../data.ts";
import { shortId } from "../words.ts";
import { Migrations } from "./migrations.tsx";
import { Problem } from "./problem.tsx";

interface ChangesProps {
  stage: string;
  id: string;
  /** Pending when the deployment was planned. */
  migrations: readonly string[];
}

/** What the deployment changes, compared with the release before it. */
export function Changes({ stage, id, migrations }: ChangesProps) {
  const { data, error } = useDifference(stage, id);
  const difference = data?.difference;
  return (
    <section className="card changes" aria-label="Changes">
      <h2>{difference ? `Changes since ${shortId(difference.live.deployment)}` : "Changes"}</h2>
      {error && <Problem error={error} />}
      {data === undefined && !error && <p className="quiet">Reading the changes …</p>}
      {data === null && <p className="quiet">There is no other release to compare it with.</p>}
      {difference && <Comparison difference={difference} />}
      {migrations.length > 0 && (
        <>
          <h3>{migrations.length === 1 ? "1 migration" : `${migrations.length} migrations`}</h3>
          <Migrations stage={stage} id={id} />
        </>
      )}
    </section>
  );
}

function Comparison({ difference }: { difference: DifferenceView["difference"] }) {
  const { commits, hasMoreCommits, lockFiles, variables, imageSize } = difference;
  return (
    <dl>
      <Entry name="Commits">
        {commits.length === 0 && !hasMoreCommits && "the same commit"}
        <ul>
          {commits.map(({ commit, title }) => (
            <li key={commit}>
              <code>{commit.slice(0, 8)}</code> {title}
            </li>
          ))}
          {hasMoreCommits && <li className="quiet">… and earlier commits</li>}
        </ul>
      </Entry>
      {lockFiles.length > 0 && <Entry name="Dependencies">{lockFiles.join(", ")} changed</Entry>}
      <Entry name="Variables">{variablesOf(variables)}</Entry>
      <Entry name="Image">{imageOf(imageSize)}</Entry>
    </dl>
  );
}

function Entry({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function variablesOf(variables: DifferenceView["difference"]["variables"]) {
  if (!variables) return <span className="quiet">not known before the release has a task definition</span>;
  const changes = Object.entries(variables).filter(([, names]) => names.length > 0);
  if (changes.length === 0) return "unchanged";
  return changes.map(([kind, names]) => `${kind}: ${names.join(", ")}`).join("; ");
}

function imageOf(size: DifferenceView["difference"]["imageSize"]) {
  if (!size) return <span className="quiet">not known before the image is built, or after it is deleted</span>;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const percent = Math.round((100 * (size.new - size.live)) / size.live);
  const change = percent === 0 ? "" : `, ${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
  return `${megabytes(size.live)} → ${megabytes(size.new)}${change}`;
}
