import { faultsOf } from "#local/cloud/index.ts";

export const fault = faultsOf("codecommit");
