import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { ConfigMissing } from "../core/errors.ts";
import { changesKey, readSecretValues, SecretNotReadable } from "../core/secret-values.ts";

const names = z.pipe(
  z.string(),
  z.transform((list) => list.split(",").flatMap((name) => name.trim() || [])),
);

export const variableSettings = z.object({
  STAGE: z.string(),
  APP_SECRET_ARN: z.string(),
  /** Variables that the task definition sets, and that no key of the secret replaces. */
  RESERVED_VARIABLES: names,
  /** Variables that the task definition sets, and that a key of the secret replaces. */
  STAGE_VARIABLES: names,
});

/** What a stage sets for its app. */
export interface StageVariables {
  /** Of the app's secret, which the tasks of the release read at this version. */
  readonly secretVersion: string | undefined;
  /** Labels of that version. */
  readonly secretStages: readonly string[];
  /** Keys of the secret, all of which are passed to the app. */
  readonly secretVariables: readonly string[];
  readonly available: readonly string[];
  readonly notes: readonly string[];
}

export async function readStageVariables(
  secretsManager: SecretsManagerClient,
  { APP_SECRET_ARN, RESERVED_VARIABLES, STAGE_VARIABLES }: z.infer<typeof variableSettings>,
): Promise<StageVariables> {
  const { versionId, stages, values } = await readSecretValues(secretsManager, APP_SECRET_ARN).catch(unreadable);
  const keys = Object.keys(values).filter((key) => key !== changesKey);
  const secretVariables = keys.filter((key) => /^[A-Za-z_]\w*$/.test(key) && !RESERVED_VARIABLES.includes(key));
  const others = keys.filter((key) => !secretVariables.includes(key));
  return {
    secretVersion: versionId,
    secretStages: stages,
    secretVariables,
    available: [...RESERVED_VARIABLES, ...STAGE_VARIABLES, ...secretVariables],
    notes: others.map(
      (key) =>
        `Key ${key} of the secret ${secretName(APP_SECRET_ARN)} is not passed to the app: ${why(key, RESERVED_VARIABLES)}`,
    ),
  };
}

const why = (key: string, reserved: readonly string[]) =>
  reserved.includes(key) ? "Lockstep sets this variable." : "it is not the name of a variable.";

/** Throws if the stage does not set a variable that the app requires. */
export function requireVariables(
  required: readonly string[],
  { available }: StageVariables,
  { STAGE, APP_SECRET_ARN }: { readonly STAGE: string; readonly APP_SECRET_ARN: string },
): void {
  const missing = required.filter((name) => !available.includes(name));
  if (missing.length === 0) return;
  const commands = missing.map((name) => `lockstep secret set ${name} --stage ${STAGE}`);
  throw new ConfigMissing(
    [
      `The app requires ${missing.join(", ")} (.env.example), which this stage does not set. Nothing was changed.`,
      `Run: ${commands.join("; ")}`,
      `For what is not secret, set stages.${STAGE}.variables instead. To store keys by hand: secret ${secretName(APP_SECRET_ARN)} in Secrets Manager. Then run: lockstep redrive`,
    ].join("\n"),
  );
}

/** An ARN ends in the name and six random characters. */
const secretName = (arn: string) =>
  arn
    .split(":secret:")
    .at(-1)
    ?.replace(/-\w{6}$/, "");

function unreadable(error: unknown): never {
  if (!(error instanceof SecretNotReadable)) throw error;
  throw new ConfigMissing(`${error.message}. Then run: lockstep redrive\nNothing was changed.`, { cause: error });
}
