import { faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("codedeploy");
export const invalidRevision = (message: string) => fault("InvalidRevisionException", message);
export const alreadyCompleted = (message: string) => fault("DeploymentAlreadyCompletedException", message);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const hasName = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.includes(error.name);
