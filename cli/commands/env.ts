import { UsageError } from "../errors.ts";
import { findRunningCloud } from "../local/state-directory.ts";

/** `lockstep env`: shell exports for AWS clients, `eval "$(npx lockstep env)"`. */
export function env(options: { json?: boolean }): void {
  const cloud = findRunningCloud();
  if (!cloud) throw new UsageError("No local cloud is running in this directory. Run: lockstep up");
  const variables = {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: cloud.region,
    AWS_DEFAULT_REGION: cloud.region,
    AWS_ACCESS_KEY_ID: cloud.accessKeyId,
    AWS_SECRET_ACCESS_KEY: cloud.secretAccessKey,
  };
  if (options.json) {
    console.log(JSON.stringify(variables, null, 2));
    return;
  }
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}='${value}'`);
  console.log("unset AWS_SESSION_TOKEN AWS_PROFILE");
}
