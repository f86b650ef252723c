import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import * as z from "zod";
import type { Clients } from "./clients.ts";
import { UsageError } from "../errors.ts";
import type { Stage } from "./stage.ts";

export interface Identity {
  arn: string;
  account: string;
  partition: string;
  /** AWS's time: a wrong clock on this machine must not change the order of deployments. */
  at: Date;
}

/** The caller. Throws a UsageError when the account is not the stage's. */
export async function identify({ sts, local }: Clients, { name, config }: Stage): Promise<Identity> {
  const command = new GetCallerIdentityCommand({});
  let at = new Date();
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      at = dateOf(result.response) ?? at;
      return result;
    },
    { step: "deserialize" },
  );
  const { Arn: arn = "", Account: account = "" } = await sts.send(command);
  if (!local && config.account !== undefined && account !== config.account) {
    throw new UsageError(
      `Stage ${name} is in account ${config.account}, but the credentials belong to account ${account} (${arn}). Fix: use credentials of ${config.account}, for example with --profile.`,
    );
  }
  return { arn, account, partition: arn.split(":")[1] ?? "aws", at };
}

const withDate = z.object({ headers: z.object({ date: z.string() }) });

function dateOf(response: unknown): Date | undefined {
  const parsed = withDate.safeParse(response);
  const at = parsed.success ? new Date(parsed.data.headers.date) : undefined;
  return at && !Number.isNaN(at.getTime()) ? at : undefined;
}

/** ARN of one of the stage's state machines, made from its name: the caller may not be allowed to list them. */
export async function machineArn(
  clients: Clients,
  stage: Stage,
  name: "deploy" | "rollback" | "restore",
): Promise<string> {
  const { account, partition } = await identify(clients, stage);
  return `arn:${partition}:states:${await clients.sfn.config.region()}:${account}:stateMachine:${stage.prefix}-${name}`;
}
