import { existsSync, renameSync } from "node:fs";
import path from "node:path";
import { checkState, StateDamaged } from "../../local/state-check.ts";
import { type ProvisionedResource, provisionedStacks } from "../../local/state-records.ts";
import { UsageError } from "../errors.ts";
import { stackNames } from "../infra/read-stacks.ts";
import { confirm } from "../terminal/text.ts";
import { stopCloud } from "./control-plane.ts";
import { endLeftovers } from "./leftovers.ts";
import { createStateDirectory, findDescribedCloud, stateDirectory } from "./state-directory.ts";

interface Removal {
  deletedStacks: readonly string[];
  /** The state of another app was moved away. */
  isFresh: boolean;
}

/** Asks before stacks that are no longer in the configuration are deleted, or before the state of an app with another name is put aside. */
export async function agreeToRemoval(assembly: string, isAgreed: boolean): Promise<Removal> {
  // A running control plane has checked it.
  if (!findDescribedCloud()) requireUndamaged();
  const { stacks, resources } = provisionedStacks(stateDirectory);
  const configured = new Set(stackNames(assembly));
  const removed = stacks.filter((stack) => !configured.has(stack));
  if (removed.length === 0) return { deletedStacks: [], isFresh: false };
  const held = resources.filter(({ stack }) => removed.includes(stack));
  if (removed.length < stacks.length) {
    await ask(describeDeletion(removed, held), "Delete these stacks?", isAgreed);
    return { deletedStacks: removed, isFresh: false };
  }
  const aside = `${stateDirectory}.${removed[0]?.split("-")[0]}`;
  if (existsSync(aside)) throw new UsageError(`${nameOf(aside)} exists already. Fix: rename or delete it.`);
  await ask(describeRename(removed, held, aside), "Start a new local cloud?", isAgreed);
  await putAside(aside, assembly);
  return { deletedStacks: [], isFresh: true };
}

function requireUndamaged(): void {
  try {
    checkState(stateDirectory);
  } catch (error) {
    if (error instanceof StateDamaged) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function ask(description: string, question: string, isAgreed: boolean): Promise<void> {
  console.error(description);
  if (isAgreed) return;
  const unchanged = "Nothing was changed. Fix: undo the change of lockstep.config.ts, or run: lockstep up --yes";
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (!isTerminal || !(await confirm(question, false))) throw new UsageError(unchanged);
}

const nameOf = (file: string) => path.relative("", file);

/** What holds data, in words. */
const kinds: Readonly<Record<string, string>> = {
  "AWS::RDS::DBInstance": "the database and its data",
  "AWS::CodeCommit::Repository": "the git repository",
  "AWS::ECR::Repository": "the images",
  "AWS::DynamoDB::Table": "the records of deployments",
  "AWS::SecretsManager::Secret": "the secrets",
};

const describeData = (resources: readonly ProvisionedResource[]) =>
  Object.entries(kinds)
    .filter(([kind]) => resources.some(({ type }) => type === kind))
    .map(([, words]) => `\n  ${words}`)
    .join("");

function describeDeletion(stacks: readonly string[], resources: readonly ProvisionedResource[]): string {
  const kept = resources.filter(({ isRetained }) => isRetained);
  const deleted = resources.length - kept.length;
  return `Stacks that are no longer in lockstep.config.ts: ${stacks.join(", ")}
Their deletion ends the app of the stage and deletes ${deleted} resources. As on AWS, it keeps:${describeData(kept)}
They are used again when the configuration has the stacks again.`;
}

function describeRename(stacks: readonly string[], resources: readonly ProvisionedResource[], aside: string): string {
  const state = nameOf(stateDirectory);
  return `The local cloud in ${state} is of an app with another name: none of its stacks (${stacks.join(", ")}) is in lockstep.config.ts. A stack cannot be renamed.
A new local cloud starts without data. The previous one is stopped and kept in ${nameOf(aside)}, with:${describeData(resources)}
To return to it: undo the change of the name, lockstep down, delete ${state} and rename ${nameOf(aside)} to ${state}.`;
}

async function putAside(aside: string, assembly: string): Promise<void> {
  const cloud = findDescribedCloud();
  if (cloud) await stopCloud(cloud, "SIGTERM");
  await endLeftovers();
  renameSync(stateDirectory, aside);
  createStateDirectory();
  // The new assembly has just been written beside the state.
  if (path.dirname(assembly) === stateDirectory)
    renameSync(path.join(aside, path.basename(assembly)), path.join(stateDirectory, path.basename(assembly)));
}
