import { changeTimes, changesKey, readSecretValues, setSecretValues } from "../../lambdas/core/secret-values.ts";
import { reservedVariables } from "../../lib/config/own-variables.ts";
import { UsageError } from "../errors.ts";
import type { Clients } from "./clients.ts";
import { currentRelease, readDeployment } from "./records.ts";
import type { Stage } from "./stage.ts";

/** The secret of the app and its migrations, or of its builds. */
export type SecretKind = "app" | "build";

export interface SecretKey {
  name: string;
  /** Null if it was not set through Lockstep. */
  changedAt: string | null;
}

export interface SecretList {
  secret: string;
  keys: SecretKey[];
  /** Whether the live release has these values; null for builds, and if none is live. */
  isLive: boolean | null;
}

export const secretId = ({ prefix }: Stage, kind: SecretKind) => `${prefix}/${kind}`;

/** Names only. */
export async function listSecret(clients: Clients, stage: Stage, kind: SecretKind): Promise<SecretList> {
  const secret = secretId(stage, kind);
  const { values, versionId } = await readSecretValues(clients.secrets, secret);
  const times = changeTimes(values);
  const names = Object.keys(values).filter((name) => name !== changesKey);
  return {
    secret,
    keys: names.sort().map((name) => ({ name, changedAt: times[name] ?? null })),
    isLive: kind === "app" ? await isLive(clients, stage, versionId) : null,
  };
}

async function isLive(clients: Clients, stage: Stage, versionId: string | undefined): Promise<boolean | null> {
  const release = await currentRelease(clients, stage);
  const plan = release && (await readDeployment(clients, stage, release.deployment))?.plan;
  return plan ? plan.secretVersion === versionId : null;
}

interface SecretChange {
  kind: SecretKind;
  name: string;
  /** Undefined removes the key. */
  value: string | undefined;
}

/** Returns whether the secret was changed: the same value again changes nothing. */
export async function changeSecret(
  { secrets }: Clients,
  stage: Stage,
  { kind, name, value }: SecretChange,
): Promise<boolean> {
  const secret = secretId(stage, kind);
  let isChanged = false;
  const change = setSecretValues(secrets, secret, (values) => {
    if (value === undefined && !Object.hasOwn(values, name))
      throw new UsageError(`The secret ${secret} has no key ${name}. Run: lockstep secret list`);
    isChanged = values[name] !== value;
    return { [name]: value };
  });
  await change.catch((error: unknown) => {
    if (error instanceof Error && error.name === "ResourceNotFoundException")
      throw missing(secret, { kind, name }, error);
    throw error;
  });
  return isChanged;
}

/** Before the value is asked for. */
export function checkSecretName({ config }: Stage, kind: SecretKind, name: string): void {
  // Not shown: it may be NAME=value.
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new UsageError(
      "This is not the name of a variable: letters, digits and underscores, not starting with a digit. Fix: give only the name; the value is read from a prompt, from standard input, or with --file.",
    );
  if (kind === "app" && reservedVariables(config.database).includes(name))
    throw new UsageError(`Lockstep sets ${name} itself: docs/variables.md. Fix: use another name.`);
}

function missing(secret: string, { kind, name }: Pick<SecretChange, "kind" | "name">, cause: Error): UsageError {
  const fix =
    kind === "build"
      ? `add ${name} to build.secrets in lockstep.config.ts, and update the stacks`
      : "create the stacks";
  return new UsageError(
    `The secret ${secret} does not exist. Fix: ${fix} with lockstep infra deploy, or locally with lockstep up.`,
    { cause },
  );
}
