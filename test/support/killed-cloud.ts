import { appendFileSync } from "node:fs";
import path from "node:path";
import { eventbridge } from "#local/services/eventbridge/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { startTestCloud } from "./local-cloud.ts";
import { scriptedLambda } from "./scripted-lambda.ts";
import { invoke, pass } from "./state-machine.ts";

const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

/** A cloud in which an event of source `test` starts a state machine: a task, a wait, a task. */
export async function startEventCloud(directory: string) {
  const work = ({ event }: { event: unknown }) => new Promise((resolve) => setTimeout(() => resolve(event), 20));
  const services = [scriptedLambda({ work }).service, sfn, eventbridge];
  const local = await startTestCloud({ directory, services, roles: { machine: everything }, speed: 10 });
  const { cloud, access } = local;
  const trustedServices = ["events.amazonaws.com", "states.amazonaws.com"].map((service) => ({
    service,
    conditions: {},
  }));
  const role = { trustedServices, inlinePolicies: { all: everything }, managedPolicyArns: [] };
  access.putRole({ name: "starter", arn: local.roleArn("starter"), ...role });
  const states = {
    One: invoke("work", { End: undefined, Next: "Pause" }),
    Pause: { Type: "Wait", Seconds: 1, Next: "Two" },
    Two: invoke("work", { End: undefined, Next: "End" }),
    End: pass(),
  };
  const definition = JSON.stringify({ QueryLanguage: "JSONata", StartAt: "One", States: states });
  const name = "listener";
  const as = (service: "sfn" | "eventbridge") => ({ as: { service } });
  const stateMachineArn = cloud.arn("states", `stateMachine:${name}`);
  await cloud.call("sfn", "createStateMachine", { name, roleArn: local.roleArn("machine"), definition }, as("sfn"));
  await cloud.call("eventbridge", "putRule", { Name: name, EventPattern: '{"source":["test"]}' }, as("eventbridge"));
  const target = { Id: "1", Arn: stateMachineArn, RoleArn: local.roleArn("starter"), InputPath: "$.detail" };
  await cloud.call("eventbridge", "putTargets", { Rule: name, Targets: [target] }, as("eventbridge"));
  return { local, stateMachineArn };
}

/** The program that is killed: emits numbered events and records those that were accepted. */
async function emitUntilKilled(directory: string, round: string): Promise<void> {
  const { local } = await startEventCloud(path.join(directory, "cloud"));
  let n = 0;
  setInterval(() => {
    const detail = { n: `${round}-${n++}` };
    local.cloud.emit({ source: "test", detailType: "Numbered", resources: [], detail });
    appendFileSync(path.join(directory, "taken.txt"), `${detail.n}\n`);
  }, 25);
}

const [directory, round] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && directory && round) await emitUntilKilled(directory, round);
