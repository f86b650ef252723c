import { Link, Route, Switch } from "wouter";
import { useKeyboard } from "./parts/use-keyboard.ts";
import { useChanges } from "./changes.ts";
import { useStages } from "./data.ts";
import { Flashes } from "./parts/flashes.tsx";
import { Problem } from "./parts/problem.tsx";
import { StaleBadge } from "./parts/stale-badge.tsx";
import { Database } from "./views/database.tsx";
import { Deployment } from "./views/deployment.tsx";
import { Deployments } from "./views/deployments.tsx";
import { Receipt } from "./views/receipt.tsx";
import { StageFrame } from "./views/stage-frame.tsx";
import { Stages } from "./views/stages.tsx";
import { Traffic } from "./views/traffic.tsx";

/** The frame of all views; the address says which view is shown, so that each thing has a link. */
export function App() {
  const connection = useChanges();
  const stages = useStages();
  useKeyboard();
  return (
    <Flashes>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/" className="brand">
          Lockstep
        </Link>
        <nav aria-label="Stages">
          {stages.data?.map((stage) => (
            <Link key={stage} href={`/${stage}`}>
              {stage}
            </Link>
          ))}
        </nav>
        <StaleBadge connection={connection} />
      </header>
      <main id="content" tabIndex={-1}>
        {stages.error ? <Problem error={stages.error} /> : <Views />}
      </main>
    </Flashes>
  );
}

function Views() {
  return (
    <Switch>
      <Route path="/">
        <Stages />
      </Route>
      <Route path="/:stage">
        {({ stage }) => (
          <StageFrame stage={stage} view="deployments">
            <Deployments stage={stage} />
          </StageFrame>
        )}
      </Route>
      <Route path="/:stage/traffic">
        {({ stage }) => (
          <StageFrame stage={stage} view="traffic">
            <Traffic stage={stage} />
          </StageFrame>
        )}
      </Route>
      <Route path="/:stage/database">
        {({ stage }) => (
          <StageFrame stage={stage} view="database">
            <Database stage={stage} />
          </StageFrame>
        )}
      </Route>
      <Route path="/:stage/deployments/:id/receipt">{({ stage, id }) => <Receipt stage={stage} id={id} />}</Route>
      <Route path="/:stage/deployments/:id/:step?">
        {({ stage, id, step }) => (
          <Deployment stage={stage} id={id} step={step ? decodeURIComponent(step) : undefined} />
        )}
      </Route>
      <Route>
        <h1>Not found</h1>
        <p>
          There is no page at this address. <Link href="/">Show all stages</Link>
        </p>
      </Route>
    </Switch>
  );
}
