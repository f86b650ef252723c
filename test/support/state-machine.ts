import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { expect, vi } from "vitest";
import { manualClock } from "#local/kernel/index.ts";
import { sfn } from "#local/services/sfn/index.ts";
import { startTestCloud, type TestCloudOptions } from "./local-cloud.ts";
import { scriptedLambda } from "./scripted-lambda.ts";

const as = { as: { service: "sfn" } } as const;
const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

export const functionArn = (name: string): string => `arn:aws:lambda:eu-central-1:123456789012:function:${name}`;

/** A Task state that invokes a function. */
export const invoke = (name: string, rest: object = {}): object => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Arguments: { FunctionName: functionArn(name), Payload: "{% $states.input %}" },
  Output: "{% $states.result.Payload %}",
  End: true,
  ...rest,
});

/** A Task state that passes its token to a function and waits for it. */
export const ask = (name: string, rest: object = {}): object => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
  Arguments: {
    FunctionName: functionArn(name),
    Payload: { token: "{% $states.context.Task.Token %}", context: "{% $states.context %}" },
  },
  End: true,
  ...rest,
});

/** State machines in virtual time. They are called within the cloud, because signatures need real time. */
export async function startStateMachines(
  functions: Parameters<typeof scriptedLambda>[0],
  options: Partial<TestCloudOptions> = {},
) {
  const clock = manualClock();
  const lambda = scriptedLambda(functions);
  const local = await startTestCloud({
    services: [lambda.service, sfn],
    roles: { machine: everything },
    clock,
    ...options,
  });
  const { cloud } = local;
  const describe = (executionArn: string) => cloud.call("sfn", "describeExecution", { executionArn }, as);
  const history = async (executionArn: string): Promise<HistoryEvent[]> =>
    (await cloud.call("sfn", "getExecutionHistory", { executionArn, maxResults: 1000 }, as)).events ?? [];
  const ended = (executionArn: string) =>
    waitFor(async () => {
      const execution = await describe(executionArn);
      expect(execution.status).not.toBe("RUNNING");
      return execution;
    });
  const started: string[] = [];
  return {
    local,
    cloud,
    clock,
    lambda,
    as,
    describe,
    history,
    outputOf: async (executionArn: string): Promise<unknown> =>
      JSON.parse((await ended(executionArn)).output ?? "null"),
    async create(definition: object, name = "machine") {
      const text = JSON.stringify({ QueryLanguage: "JSONata", ...definition });
      const input = { name, roleArn: local.roleArn("machine"), definition: text };
      return (await cloud.call("sfn", "createStateMachine", input, as)).stateMachineArn ?? "";
    },
    /** Creates a state machine that starts at the first of these states, and starts an execution. */
    async start(states: Record<string, object>, input: unknown = {}, more: object = {}): Promise<string> {
      const definition = { StartAt: Object.keys(states)[0], States: states, ...more };
      const stateMachineArn = await this.create(definition, `machine-${started.length}`);
      const request = { stateMachineArn, input: JSON.stringify(input), name: "execution" };
      const { executionArn = "" } = await cloud.call("sfn", "startExecution", request, as);
      started.push(executionArn);
      return executionArn;
    },
    ended,
    /** The clock's time, `seconds` from now. */
    after: (seconds: number) => new Date(clock.now() + seconds * 1000),
    /** Advances time until the execution has ended. */
    through: (executionArn: string) =>
      waitFor(async () => {
        await clock.advance(1);
        const execution = await describe(executionArn);
        expect(execution.status).not.toBe("RUNNING");
        return execution;
      }),
    /** Waits until the execution has one pending timer. */
    rests: () => waitFor(() => expect(clock.pending).toBe(1)),
    /** Waits for the history to reach its n-th event of a type. */
    reaches: (executionArn: string, type: string, count = 1) =>
      waitFor(async () => {
        const events = await history(executionArn);
        expect(events.filter((event) => event.type === type).length).toBeGreaterThanOrEqual(count);
      }),
    /** The types of the history's events. */
    types: async (executionArn: string) => (await history(executionArn)).map(({ type }) => type),
    succeed: (taskToken: string, output: unknown = {}) =>
      cloud.call("sfn", "sendTaskSuccess", { taskToken, output: JSON.stringify(output) }, as),
    redrive: (executionArn: string, clientToken?: string) =>
      cloud.call("sfn", "redriveExecution", { executionArn, ...(clientToken && { clientToken }) }, as),
    /** Stops running executions before the next test. */
    async clear() {
      for (const executionArn of started) await cloud.call("sfn", "stopExecution", { executionArn }, as);
      lambda.calls.length = 0;
    },
    stop: () => local.stop(),
  };
}
export type StateMachines = Awaited<ReturnType<typeof startStateMachines>>;

interface Asked {
  token: string;
  context: {
    State: { Name: string; RetryCount: number; EnteredTime: string };
    Execution: { RedriveCount: number; RedriveTime?: string };
  };
}

/** An error with a given name, thrown by a function. */
export class Wrong extends Error {
  override readonly name: string;
  constructor(name: string) {
    super("it went wrong");
    this.name = name;
  }
}

/** Functions that most tests need, and the requests they have received. */
export function commonFunctions() {
  const requests: Asked[] = [];
  const wrongs: string[] = [];
  return {
    asked: requests,
    /** Names of the errors that `fail` throws next; after that it succeeds. */
    wrongs,
    async waitForTokens(count: number): Promise<string[]> {
      await waitFor(() => expect(requests).toHaveLength(count));
      return requests.map(({ token }) => token);
    },
    clear() {
      requests.length = 0;
      wrongs.length = 0;
    },
    functions: {
      echo: ({ event }: { event: unknown }) => event,
      big: () => "x".repeat(300_000),
      hang: () => new Promise<never>(() => undefined),
      ask: ({ event }: { event: unknown }) => void requests.push(event as Asked),
      fail() {
        const name = wrongs.shift();
        if (name !== undefined) throw new Wrong(name);
        return { fine: true };
      },
    },
  };
}

/** A Pass state. */
export const pass = (rest: object = { End: true }): object => ({ Type: "Pass", ...rest });

export const waitFor = <T>(fact: () => Promise<T> | T): Promise<T> => vi.waitFor(fact, { timeout: 5000, interval: 2 });
