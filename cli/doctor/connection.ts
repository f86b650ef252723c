import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod";
import type { AssemblyStack } from "../infra/read-stacks.ts";
import type { Account } from "./account.ts";
import { blocked, type Finding, ok } from "./finding.ts";

const run = promisify(execFile);

const project = z.object({ Source: z.object({ Auth: z.object({ Resource: z.string().startsWith("arn:") }) }) });
const answer = z.object({ Connection: z.object({ ConnectionStatus: z.string() }) });

/**
 * The connection with which builds read GitHub: one that is created by an API is pending until a person completes it.
 * https://docs.aws.amazon.com/dtconsole/latest/userguide/welcome-connections-workflow.html
 */
export async function checkConnection(target: Account, stacks: readonly AssemblyStack[]): Promise<Finding[]> {
  const connections = stacks.flatMap(({ template }) =>
    Object.values(template.Resources).flatMap(({ Type, Properties }) => {
      const source = Type === "AWS::CodeBuild::Project" ? project.safeParse(Properties) : undefined;
      return source?.success ? source.data.Source.Auth.Resource : [];
    }),
  );
  const [arn] = connections;
  if (arn === undefined) return [];
  const status = await readStatus(target, arn);
  const next = `Then run: lockstep github connect --stage ${target.stage.name}, which checks the webhook`;
  if (status === "AVAILABLE") return [ok("Connection", `${arn} is available`)];
  const fix = `Fix: complete it in the console: Developer Tools, Connections, Update pending connection. ${next}`;
  return [blocked("Connection", `${arn} is ${status}, not AVAILABLE: builds cannot read the repository.`, fix)];
}

/** With the AWS CLI: the SDK for JavaScript in use has no client of CodeConnections. The prefix of the ARN is that of the permission. */
async function readStatus({ access: { region, provider } }: Account, arn: string): Promise<string> {
  const [, , service = ""] = arn.split(":");
  const { accessKeyId, secretAccessKey, sessionToken = "" } = await provider();
  const { AWS_PROFILE: _, ...environment } = process.env;
  const { stdout } = await run(
    "aws",
    [service, "get-connection", "--connection-arn", arn, "--region", region, "--output", "json"],
    {
      env: {
        ...environment,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        ...(sessionToken !== "" && { AWS_SESSION_TOKEN: sessionToken }),
      },
    },
  );
  return answer.parse(JSON.parse(stdout)).Connection.ConnectionStatus;
}
