import type { AccessRules } from "#local/cloud/index.ts";
import { machineArnOf } from "./arns.ts";
import { readToken } from "./token.ts";

const machine = "{stateMachineArn}";
const execution = "{executionArn}";
const taggedResource = "{resourceArn}";
const machineOfToken = ({ taskToken }: { taskToken: string }) => ({
  resources: [machineArnOf(readToken(taskToken).executionArn)],
});
const passing = (roleArn: string | undefined) =>
  roleArn === undefined ? {} : { passedRoles: [roleArn], context: { "iam:PassedToService": "states.amazonaws.com" } };

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html */
export const access: AccessRules<"sfn"> = {
  createStateMachine: ({ name, roleArn }) => ({ resources: [`stateMachine:${name}`], ...passing(roleArn) }),
  updateStateMachine: ({ stateMachineArn, roleArn }) => ({ resources: [stateMachineArn], ...passing(roleArn) }),
  deleteStateMachine: machine,
  describeStateMachine: machine,
  startExecution: machine,
  listExecutions: machine,
  describeStateMachineForExecution: execution,
  describeExecution: execution,
  getExecutionHistory: execution,
  stopExecution: execution,
  redriveExecution: execution,
  sendTaskSuccess: machineOfToken,
  sendTaskFailure: machineOfToken,
  sendTaskHeartbeat: machineOfToken,
  listTagsForResource: taggedResource,
  tagResource: taggedResource,
  untagResource: taggedResource,
};
