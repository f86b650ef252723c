/** A control plane for tests that kill it: `node ecs-control-plane.ts <directory> <task definition>` runs a task and prints its ARN. */
import { ECSClient, RunTaskCommand } from "@aws-sdk/client-ecs";
import { networkConfiguration, startEcsCloud } from "./ecs.ts";

const [directory = "", taskDefinition = ""] = process.argv.slice(2);
const local = await startEcsCloud({ directory });
if (taskDefinition === "") {
  console.log("ready");
} else {
  const input = { cluster: "main", launchType: "FARGATE", taskDefinition, networkConfiguration } as const;
  const { tasks } = await local.client(ECSClient).send(new RunTaskCommand(input));
  console.log(tasks?.[0]?.taskArn);
}
