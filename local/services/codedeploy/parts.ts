import type { ErrorCode } from "@aws-sdk/client-codedeploy";
import type { Cloud } from "#local/cloud/index.ts";
import type { Ledger } from "./ledger.ts";
import type { CodeDeployStore, DeploymentRecord } from "./store.ts";

/** What the steps of a deployment work with. */
export interface StepParts {
  cloud: Cloud;
  store: CodeDeployStore;
  ledger: Ledger;
  /** Waits for a while, until somebody wakes the deployment, or until the control plane stops. */
  readonly pause: (id: string, until: number) => Promise<void>;
  readonly wake: (id: string) => void;
}

/** A deployment fails with a code of its own choosing. */
export class DeploymentFailure extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const pollMs = 100;

/** Everything is done as the service role of the deployment group. */
export const asRole = ({ settings }: DeploymentRecord) => ({ as: { roleArn: settings.serviceRoleArn } });

export const shortPause = ({ cloud, pause }: StepParts, id: string): Promise<void> =>
  pause(id, cloud.clock.now() + pollMs);
