import { createDriver, type Cloud, type Driver } from "#local/cloud/index.ts";
import { alarmPollMs, alarmRaised, alarmsOf } from "./alarms.ts";
import { messageOf } from "./faults.ts";
import { createHooks } from "./hooks.ts";
import { nextAction, type Action } from "./next-action.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { DeploymentFailure, type StepDeps } from "./step-deps.ts";
import { createSteps, endingFor } from "./steps.ts";
import { isOver, type CodeDeployStore, type DeploymentRecord } from "./store.ts";

export interface Engine {
  recorder: Recorder;
  /** Saves a new deployment, then runs it in the background. */
  begin(deployment: DeploymentRecord): void;
  /** Ends the waits of a deployment: its record has changed. */
  wake(id: string): void;
  start(): void;
  stop(): Promise<void>;
}

const retrySeconds = 0.2;
const maxRetries = 5;
/** Returning traffic and deleting what is no longer needed are retried longer. */
const maxRollbackRetries = 50;

/** A step that failed, with the deployment as it was when the step began. */
class StepFailed extends Error {
  override readonly name = "StepFailed";
  readonly deployment: DeploymentRecord;
  readonly action: Action;
  constructor(deployment: DeploymentRecord, action: Action, cause: unknown) {
    super(messageOf(cause), { cause });
    this.deployment = deployment;
    this.action = action;
  }
}

export function createEngine(cloud: Cloud, store: CodeDeployStore): Engine {
  const recorder = createRecorder(cloud, store);
  const driver: Driver = createDriver({
    cloud,
    name: "deployments",
    step,
    failed({ error, failures }) {
      if (!(error instanceof StepFailed)) throw error;
      if (mayRetry(error, failures)) return retrySeconds;
      abort(deps, error);
      return 0;
    },
  });
  const alarmWatch: Driver = createDriver({
    cloud,
    name: "deployment alarms",
    step: (id) => watchAlarms({ ...deps, pause: (key, until) => alarmWatch.pause(key, until) }, id),
  });
  const drive = (id: string) => {
    driver.drive(id);
    alarmWatch.drive(id);
  };
  const wake = (id: string) => {
    driver.wake(id);
    alarmWatch.wake(id);
  };
  const deps: StepDeps = { cloud, store, recorder, pause: (id, until) => driver.pause(id, until), wake };
  const perform = createSteps(deps, createHooks(deps));

  async function step(id: string): Promise<"again" | "done"> {
    const deployment = store.deployments.get(id);
    if (!deployment || isOver(deployment)) return "done";
    const action = nextAction(deployment, cloud.clock.now());
    if (action.kind === "conclude") {
      const rollback = recorder.conclude(id);
      if (rollback) drive(rollback.id);
      return "again";
    }
    try {
      await perform(deployment, action);
    } catch (error) {
      throw new StepFailed(deployment, action, error);
    }
    return "again";
  }

  return {
    recorder,
    begin(deployment) {
      recorder.open(deployment);
      drive(deployment.id);
    },
    wake,
    start() {
      for (const deployment of store.deployments.list()) if (!isOver(deployment)) drive(deployment.id);
    },
    async stop() {
      await Promise.all([driver.settled(), alarmWatch.settled()]);
    },
  };
}

function mayRetry({ deployment, cause }: StepFailed, failures: number): boolean {
  if (cause instanceof DeploymentFailure) return false;
  const { ending, isTerminating, rollbackOf } = deployment;
  const isRollingBack = ending !== undefined || isTerminating || rollbackOf !== undefined;
  return failures < (isRollingBack ? maxRollbackRetries : maxRetries);
}

function abort({ cloud, recorder }: StepDeps, { deployment, action, cause }: StepFailed): void {
  const { id, ending } = deployment;
  cloud.log("error", "Deployment step failed", { deployment: id, step: action.kind, err: cause });
  // The rollback deployment returns the traffic again, and fails if it cannot.
  if (ending && action.kind === "returnTraffic") return recorder.update(id, () => ({ isTrafficBack: true }));
  recorder.fail(id, endingFor(cause, action));
}

/** Stops the deployment when one of its alarms is in ALARM, until the termination of blue begins. */
async function watchAlarms(deps: StepDeps, id: string): Promise<"again" | "done"> {
  const { cloud, store, recorder } = deps;
  const deployment = store.deployments.get(id);
  if (!deployment || isOver(deployment) || deployment.ending || deployment.isTerminating) return "done";
  if (deployment.rollbackOf !== undefined || alarmsOf(deployment).length === 0) return "done";
  const message = deployment.status === "Created" ? undefined : await alarmRaised(deps, deployment);
  if (message === undefined) {
    await deps.pause(id, cloud.clock.now() + alarmPollMs(deps));
    return "again";
  }
  recorder.fail(id, { status: "Stopped", code: "ALARM_ACTIVE", message });
  deps.wake(id);
  return "done";
}
