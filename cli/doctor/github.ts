import { createClients } from "../stage/clients.ts";
import { openGitHub } from "../stage/repository.ts";
import type { Account } from "./account.ts";
import { blocked, type Finding, ok, warning } from "./finding.ts";

/** Whether the token of the stage reads its repository. Before the first deployment there is no secret that could hold one. */
export async function checkGitHub({ stage, access }: Account): Promise<Finding[]> {
  if (!stage.isOnGitHub) return [];
  const { repository, name } = stage;
  const connect = `Run: lockstep github connect --stage ${name}`;
  try {
    const answer = await openGitHub(createClients(access), stage).request("GET", `/repos/${repository}`);
    return answer === undefined
      ? [blocked("GitHub", `The token of the stage has no access to ${repository}.`, connect)]
      : [ok("GitHub", `the token of the stage reads ${repository}`)];
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "GitHubRefused") throw error;
    const [reason = ""] = error.message.split("\nFix:");
    return [warning("GitHub", reason, `${connect}, after the stacks are deployed`)];
  }
}
