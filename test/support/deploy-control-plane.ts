/**
 * A control plane to be killed: `node deploy-control-plane.ts <directory> <speed> <Succeeded|Failed> [<AppSpec>]` goes
 * on with deployments, and begins one.
 */
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from "@aws-sdk/client-codedeploy";
import { deploy, startDeployCloud } from "./codedeploy.ts";
import { scriptedLambda } from "./scripted-lambda.ts";

const [directory = "", speed = "", verdict = "", content = ""] = process.argv.slice(2);
const status = verdict === "Failed" ? "Failed" : "Succeeded";
const hook = async ({ event }: { event: unknown }) => {
  const { DeploymentId, LifecycleEventHookExecutionId } = Object(event) as Record<string, string>;
  const ids = { deploymentId: DeploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId };
  await local.client(CodeDeployClient).send(new PutLifecycleEventHookExecutionStatusCommand({ ...ids, status }));
};
const local = await startDeployCloud({ lambda: scriptedLambda({ hook }), directory, speed: Number(speed) });
console.log(content === "" ? "ready" : await deploy(local, content));
