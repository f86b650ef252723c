import {
  ApplicationDoesNotExistException,
  DeploymentConfigDoesNotExistException,
  DeploymentDoesNotExistException,
  DeploymentGroupDoesNotExistException,
  InvalidInputException,
} from "@aws-sdk/client-codedeploy";
import type { ErrorCode } from "./store.ts";

const meta = (message: string) => ({ message, $metadata: {} });

export const applicationNotFound = (name: string) =>
  new ApplicationDoesNotExistException(meta(`No application found for name: ${name}`));
export const groupNotFound = (name: string) =>
  new DeploymentGroupDoesNotExistException(meta(`No Deployment Group found for name: ${name}`));
export const configNotFound = (name: string) =>
  new DeploymentConfigDoesNotExistException(meta(`No Deployment Configuration found for name: ${name}`));
export const deploymentNotFound = (id: string) =>
  new DeploymentDoesNotExistException(meta(`The deployment ${id} could not be found`));
export const invalidInput = (message: string) => new InvalidInputException(meta(message));

/** Ends a deployment as failed, with what GetDeployment then tells. */
export class DeploymentFailure extends Error {
  override readonly name = "DeploymentFailure";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
