import type { Inert, Operations as OperationsOf, Reads } from "#local/cloud/index.ts";

const settings = ["definition", "roleArn", "loggingConfiguration", "tracingConfiguration"] as const;

export const reads = {
  createStateMachine: ["name", "type", "tags", ...settings],
  updateStateMachine: ["stateMachineArn", ...settings],
  deleteStateMachine: ["stateMachineArn"],
  describeStateMachine: ["stateMachineArn", "includedData"],
  describeStateMachineForExecution: ["executionArn"],
  listStateMachines: [],
  validateStateMachineDefinition: ["definition", "type"],
  listTagsForResource: ["resourceArn"],
  tagResource: ["resourceArn", "tags"],
  untagResource: ["resourceArn", "tagKeys"],
  startExecution: ["stateMachineArn", "name", "input"],
  stopExecution: ["executionArn", "error", "cause"],
  redriveExecution: ["executionArn", "clientToken"],
  describeExecution: ["executionArn", "includedData"],
  listExecutions: ["stateMachineArn", "statusFilter", "redriveFilter"],
  getExecutionHistory: ["executionArn", "reverseOrder", "includeExecutionData"],
  sendTaskSuccess: ["taskToken", "output"],
  sendTaskFailure: ["taskToken", "error", "cause"],
  sendTaskHeartbeat: ["taskToken"],
} as const satisfies Reads<"sfn">;

export const inert = {
  createStateMachine: [{ publish: [false] }],
  updateStateMachine: [{ publish: [false] }],
  describeStateMachineForExecution: [{ includedData: ["ALL_DATA"] }],
  startExecution: ["traceHeader"],
} as const satisfies Inert<"sfn">;

export type Operations = OperationsOf<"sfn", typeof reads>;
