import { RequestFailed } from "../session.ts";
import { SessionProblem } from "../views/session-problem.tsx";

/** A query that failed. */
export function Problem({ error }: { error: Error }) {
  if (error instanceof RequestFailed && error.status === 401) return <SessionProblem message={error.message} />;
  return (
    <p role="alert" className="problem">
      {error.message}
    </p>
  );
}
