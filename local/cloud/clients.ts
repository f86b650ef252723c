/* oxlint-disable typescript/consistent-type-imports -- the module itself is the type: its exports name the operations */
/** Every AWS client whose service the local cloud runs, by the name of its npm package without `client-`. */
export interface Clients {
  cloudwatch: typeof import("@aws-sdk/client-cloudwatch");
  "cloudwatch-logs": typeof import("@aws-sdk/client-cloudwatch-logs");
  codebuild: typeof import("@aws-sdk/client-codebuild");
  codecommit: typeof import("@aws-sdk/client-codecommit");
  codedeploy: typeof import("@aws-sdk/client-codedeploy");
  dynamodb: typeof import("@aws-sdk/client-dynamodb");
  ecr: typeof import("@aws-sdk/client-ecr");
  ecs: typeof import("@aws-sdk/client-ecs");
  "elastic-load-balancing-v2": typeof import("@aws-sdk/client-elastic-load-balancing-v2");
  eventbridge: typeof import("@aws-sdk/client-eventbridge");
  lambda: typeof import("@aws-sdk/client-lambda");
  rds: typeof import("@aws-sdk/client-rds");
  "secrets-manager": typeof import("@aws-sdk/client-secrets-manager");
  sfn: typeof import("@aws-sdk/client-sfn");
  sts: typeof import("@aws-sdk/client-sts");
}

export type ServiceName = keyof Clients;

/** Members that the schema requires are checked on the wire, so a handler never sees them undefined. */
export type Validated<I> = { [K in keyof I]: object extends Pick<I, K> ? I[K] : NonNullable<I[K]> };

/** `CreateDBSnapshotCommand` in the client's exports is `createDBSnapshot` here, with the SDK's own input and output. */
export type OperationName<C> = {
  [K in keyof C]: K extends `${infer Op}Command` ? Exclude<Uncapitalize<Op>, "$"> : never;
}[keyof C];

type CommandClass<C, N extends string> = `${Capitalize<N>}Command` extends keyof C
  ? C[`${Capitalize<N>}Command`]
  : never;

export type OperationInput<C, N extends string> =
  CommandClass<C, N> extends new (
    ...input: infer I extends unknown[]
  ) => unknown
    ? Validated<NonNullable<I[0]>>
    : never;

export type OperationOutput<C, N extends string> =
  CommandClass<C, N> extends new (
    ...input: never[]
  ) => { resolveMiddleware(...rest: never[]): (...rest: never[]) => Promise<{ output: infer O }> }
    ? Omit<O, "$metadata">
    : never;
