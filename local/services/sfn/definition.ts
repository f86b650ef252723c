import { z } from "zod";

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** `{% … %}`, from the first character to the last, is JSONata; every other string is a literal. */
export const isExpression = (text: string): boolean => text.startsWith("{%") && text.endsWith("%}") && text.length >= 4;

const expression = z.string().refine(isExpression, "is not a JSONata expression {% … %}");
const seconds = z.union([z.int().min(1).max(99_999_999), expression]);
const errorNames = z.array(z.string().min(1)).min(1);
const variables = z.record(
  z.string().regex(/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u, "is not a valid variable name"),
  z.json(),
);

const common = { Comment: z.string().optional(), QueryLanguage: z.literal("JSONata").optional() };
const result = { Output: z.json().optional(), Assign: variables.optional() };
const transition = { Next: z.string().optional(), End: z.literal(true).optional() };

const retrier = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: errorNames,
  IntervalSeconds: z.int().min(1).max(99_999_999).default(1),
  MaxAttempts: z.int().min(0).max(99_999_999).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: z.int().min(1).max(31_622_399).optional(),
  JitterStrategy: z.enum(["FULL", "NONE"]).default("NONE"),
});

const catcher = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: errorNames,
  Next: z.string(),
  ...result,
});

const onError = { Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };

const task = z.strictObject({
  Type: z.literal("Task"),
  ...common,
  Resource: z.string(),
  Arguments: z.json().optional(),
  TimeoutSeconds: seconds.optional(),
  HeartbeatSeconds: seconds.optional(),
  ...onError,
  ...result,
  ...transition,
});

const choice = z.strictObject({
  Type: z.literal("Choice"),
  ...common,
  Choices: z
    .array(
      z.strictObject({
        Comment: z.string().optional(),
        Condition: expression,
        Next: z.string(),
        ...result,
      }),
    )
    .min(1),
  Default: z.string().optional(),
  ...result,
});

const wait = z.strictObject({
  Type: z.literal("Wait"),
  ...common,
  Seconds: z.union([z.int().min(0).max(99_999_999), expression]).optional(),
  Timestamp: z.string().optional(),
  ...result,
  ...transition,
});

const parallel = z.strictObject({
  Type: z.literal("Parallel"),
  ...common,
  Arguments: z.json().optional(),
  get Branches(): z.ZodType<Branch[]> {
    return z.array(branch).min(1);
  },
  ...onError,
  ...result,
  ...transition,
});

const fail = z.strictObject({
  Type: z.literal("Fail"),
  ...common,
  Error: z.string().optional(),
  Cause: z.string().optional(),
});

const state = z.discriminatedUnion("Type", [
  z.strictObject({ Type: z.literal("Pass"), ...common, ...result, ...transition }),
  task,
  choice,
  wait,
  z.strictObject({ Type: z.literal("Succeed"), ...common, Output: z.json().optional() }),
  fail,
  parallel,
]);

const branch = z.strictObject({
  Comment: z.string().optional(),
  StartAt: z.string(),
  States: z.record(z.string().max(80), state),
});

/** The supported subset of the Amazon States Language: https://states-language.net, JSONata only. */
export const definitionSchema = branch.extend({
  Version: z.literal("1.0").optional(),
  QueryLanguage: z.literal("JSONata"),
  TimeoutSeconds: z.int().min(1).max(99_999_999).optional(),
});

export type Retrier = z.infer<typeof retrier>;
export type Catcher = z.infer<typeof catcher>;
export type TaskState = z.infer<typeof task>;
export type ChoiceState = z.infer<typeof choice>;
export type FailState = z.infer<typeof fail>;
export type WaitState = z.infer<typeof wait>;
export interface Branch {
  Comment?: string | undefined;
  StartAt: string;
  States: Record<string, State>;
}
export interface ParallelState {
  Type: "Parallel";
  Comment?: string | undefined;
  Arguments?: Json | undefined;
  Branches: Branch[];
  Retry?: Retrier[] | undefined;
  Catch?: Catcher[] | undefined;
  Output?: Json | undefined;
  Assign?: Record<string, Json> | undefined;
  Next?: string | undefined;
  End?: true | undefined;
}
export type State = z.infer<typeof state>;
export type Definition = z.infer<typeof definitionSchema>;
