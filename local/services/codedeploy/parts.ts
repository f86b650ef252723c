import type { Cloud } from "#local/cloud/index.ts";
import type { Actor } from "./acting.ts";
import type { Deployment, DeploymentGroup, Store } from "./store.ts";

/** What a step works with. */
export interface StepParts {
  cloud: Cloud;
  store: Store;
  actor: Actor;
  group: DeploymentGroup;
}

/** What came of a step: it is done; or it is to be looked at again at a time. A step that fails throws. */
export type StepResult = "done" | { lookAgainAt: number };

export type Step = (parts: StepParts, deployment: Deployment) => Promise<StepResult> | StepResult;

const pollSeconds = 0.5;

/** The time of the next look at something that others work on. It is real work, so it does not shrink with --speed. */
export const soon = ({ cloud }: Pick<StepParts, "cloud">): StepResult => ({
  lookAgainAt: cloud.clock.now() + pollSeconds * 1000,
});
