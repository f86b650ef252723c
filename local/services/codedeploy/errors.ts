import {
  ApplicationDoesNotExistException,
  DeploymentAlreadyCompletedException,
  DeploymentConfigDoesNotExistException,
  DeploymentDoesNotExistException,
  DeploymentGroupDoesNotExistException,
  InvalidRevisionException,
  UnsupportedActionForDeploymentTypeException,
} from "@aws-sdk/client-codedeploy";

const $metadata = {};

export const invalidRevision = (message: string) => new InvalidRevisionException({ message, $metadata });

export const noApplication = (name: string) =>
  new ApplicationDoesNotExistException({ message: `No application found for name: ${name}`, $metadata });

export const noGroup = (name: string) =>
  new DeploymentGroupDoesNotExistException({ message: `No Deployment Group found for name: ${name}`, $metadata });

export const noConfig = (name: string) =>
  new DeploymentConfigDoesNotExistException({
    message: `No Deployment Configuration found for name: ${name}`,
    $metadata,
  });

export const noDeployment = (id: string) =>
  new DeploymentDoesNotExistException({ message: `The deployment ${id} could not be found`, $metadata });

export const alreadyCompleted = (message: string) => new DeploymentAlreadyCompletedException({ message, $metadata });

export const unsupported = (message: string) => new UnsupportedActionForDeploymentTypeException({ message, $metadata });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const hasName = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.includes(error.name);
