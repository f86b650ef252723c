import {
  checkSupport,
  provision,
  readAssembly,
  type Inert,
  type ProvisionProgress,
  type ResourceTypes,
  type StackOutputs,
} from "./assembly/index.ts";
import { createCloud, type LocalCloud } from "./cloud/index.ts";
import { iamResources } from "./services/iam/index.ts";
import { services, standIns } from "./services/index.ts";

export interface StartOptions {
  /** Directory of the synthesized cloud assembly. */
  assembly: string;
  /** Directory for all state, kept between runs. */
  directory: string;
  region: string;
  accountId: string;
  /** Factor by which configured waits are shortened. */
  speed: number;
  port: number;
  onProgress?(progress: ProvisionProgress): void;
}

export interface StartedCloud extends LocalCloud {
  inert: Inert;
  outputs: StackOutputs;
}

/** Runs a cloud assembly on this machine: checks it, resumes the state of an earlier run, then provisions what the assembly describes. */
export async function startCloud(options: StartOptions): Promise<StartedCloud> {
  const assembly = readAssembly(options.assembly);
  const local = await createCloud({ ...options, services, standIns });
  const types = resourceTypes(local, options.accountId);
  try {
    const inert = checkSupport(assembly, types);
    await local.start();
    const outputs = await provision({
      cloud: local.cloud,
      types,
      assembly,
      onProgress: (progress) => options.onProgress?.(progress),
    });
    return { ...local, inert, outputs };
  } catch (error) {
    await local.stop();
    throw error;
  }
}

/** CloudFormation types of the local cloud, by name. */
export function resourceTypes(local: LocalCloud, accountId: string): ResourceTypes {
  return new Map([...iamResources(local.access, accountId), ...local.resourceTypes].map((type) => [type.type, type]));
}

export type { ProvisionProgress } from "./assembly/index.ts";
