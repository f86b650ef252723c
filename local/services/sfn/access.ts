import type { AccessRules, Cloud } from "#local/cloud/index.ts";
import { machineArnOf } from "./faults.ts";
import { readToken } from "./token.ts";

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html */
export function accessRules(cloud: Cloud): AccessRules<"sfn"> {
  const machine = (input: { stateMachineArn?: string | undefined }) => ({ resources: [input.stateMachineArn ?? "*"] });
  const execution = ({ executionArn }: { executionArn: string }) => ({ resources: [executionArn] });
  const tagged = ({ resourceArn }: { resourceArn: string }) => ({ resources: [resourceArn] });
  const token = ({ taskToken }: { taskToken: string }) => ({
    resources: [machineArnOf(readToken(taskToken).executionArn)],
  });
  const passedRole = (roleArn: string | undefined) =>
    roleArn === undefined ? {} : { passedRoles: [roleArn], context: { "iam:PassedToService": "states.amazonaws.com" } };
  return {
    createStateMachine: ({ name, roleArn }) => ({
      resources: [cloud.arn("states", `stateMachine:${name}`)],
      ...passedRole(roleArn),
    }),
    updateStateMachine: (input) => ({ ...machine(input), ...passedRole(input.roleArn) }),
    deleteStateMachine: machine,
    describeStateMachine: machine,
    startExecution: machine,
    listExecutions: machine,
    describeStateMachineForExecution: execution,
    describeExecution: execution,
    getExecutionHistory: execution,
    stopExecution: execution,
    redriveExecution: execution,
    sendTaskSuccess: token,
    sendTaskFailure: token,
    sendTaskHeartbeat: token,
    listTagsForResource: tagged,
    tagResource: tagged,
    untagResource: tagged,
  };
}
