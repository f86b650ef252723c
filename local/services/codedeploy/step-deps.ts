import type { ErrorCode } from "@aws-sdk/client-codedeploy";
import type { Cloud } from "#local/cloud/index.ts";
import type { Recorder } from "./recorder.ts";
import type { CodeDeployStore, DeploymentRecord } from "./store.ts";

/** What the steps of a deployment need. */
export interface StepDeps {
  cloud: Cloud;
  store: CodeDeployStore;
  recorder: Recorder;
  /** Waits until a time, until the deployment is woken, or until the control plane stops. */
  readonly pause: (id: string, until: number) => Promise<void>;
  readonly wake: (id: string) => void;
}

/** Fails a deployment with its own error code, without a retry. */
export class DeploymentFailure extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const pollMs = 40;

/** Every call is made as the service role of the deployment group. */
export const asRole = ({ settings }: DeploymentRecord) => ({ as: { roleArn: settings.serviceRoleArn } });

export const shortPause = ({ cloud, pause }: StepDeps, id: string): Promise<void> =>
  pause(id, cloud.clock.now() + pollMs);
