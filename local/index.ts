import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  checkSupport,
  planUpdate,
  provision,
  readAssembly,
  saveAssembly,
  type Inert,
  type PlannedChange,
  type ProvisionProgress,
  type ResourceTypes,
  type StackOutputs,
} from "./assembly/index.ts";
import { createCloud, type LocalCloud } from "./cloud/index.ts";
import { openStore } from "./kernel/index.ts";
import { iamResources } from "./services/iam/index.ts";
import { s3Resources } from "./services/s3/index.ts";
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
  /** Stacks that are no longer in the assembly and are deleted. */
  deletedStacks: readonly string[];
  onPlan?(changes: readonly PlannedChange[]): void;
  accessLog?: string | undefined;
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
      deletedStacks: options.deletedStacks,
      onPlan: (changes) => options.onPlan?.(changes),
      onProgress: (progress) => options.onProgress?.(progress),
    });
    saveAssembly(assembly, path.join(options.directory, "assembly"));
    return { ...local, inert, outputs };
  } catch (error) {
    await local.stop();
    throw error;
  }
}

/** What a start with this assembly would change. The cloud of the directory may be running. */
export async function planStart(
  options: Pick<StartOptions, "assembly" | "directory" | "region" | "accountId" | "deletedStacks">,
): Promise<PlannedChange[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), "lockstep-plan-"));
  const local = await createCloud({ ...options, directory: scratch, services });
  const store = openStore(path.join(options.directory, "state.sqlite"));
  try {
    const types = resourceTypes(local, options.accountId);
    const assembly = readAssembly(options.assembly);
    return planUpdate({ cloud: { ...local.cloud, store }, types, assembly, deletedStacks: options.deletedStacks });
  } finally {
    store.close();
    await local.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** CloudFormation types of the local cloud, by name. */
export function resourceTypes(local: LocalCloud, accountId: string): ResourceTypes {
  const withoutApi = [...iamResources(local.access, accountId), ...s3Resources(local.cloud.region)];
  return new Map([...withoutApi, ...local.resourceTypes].map((type) => [type.type, type]));
}

export type { ProvisionProgress } from "./assembly/index.ts";
