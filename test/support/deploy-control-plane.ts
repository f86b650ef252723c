/**
 * A control plane for tests that kill it: `node deploy-control-plane.ts <directory> <speed> <Succeeded|Failed> [<AppSpec>]`
 * resumes its deployments, and starts one if an AppSpec is given.
 */
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from "@aws-sdk/client-codedeploy";
import { deploy, startDeployCloud } from "./codedeploy.ts";
import type { TestCloud } from "./local-cloud.ts";
import { scriptedLambda } from "./scripted-lambda.ts";

const [directory = "", speed = "", verdict = "", content = ""] = process.argv.slice(2);
const status = verdict === "Failed" ? "Failed" : "Succeeded";
// Deployments resume while the control plane starts: a hook may be invoked before `local` is set.
const started = Promise.withResolvers<TestCloud>();
const hook = async ({ event }: { event: unknown }) => {
  const { DeploymentId, LifecycleEventHookExecutionId } = Object(event) as Record<string, string>;
  const ids = { deploymentId: DeploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId };
  const client = (await started.promise).client(CodeDeployClient);
  await client.send(new PutLifecycleEventHookExecutionStatusCommand({ ...ids, status }));
};
const local = await startDeployCloud({ lambda: scriptedLambda({ hook }), directory, speed: Number(speed) });
started.resolve(local);
console.log(content === "" ? "ready" : await deploy(local, content));
