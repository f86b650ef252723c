import type { AwsAccess } from "../stage/credentials.ts";
import { parseTemplate, type Template } from "./read-stacks.ts";

export interface DeployedStack {
  status: string;
  template: Template;
}

/** A first creation that failed or never ran: the next deployment creates the stack. */
const notCreated = ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_COMPLETE"];

/** Status and template of the stacks that exist. */
export async function readDeployed(
  { region, provider }: AwsAccess,
  names: readonly string[],
): Promise<Map<string, DeployedStack>> {
  const { CloudFormationClient, DescribeStacksCommand, GetTemplateCommand } = await import(
    "@aws-sdk/client-cloudformation"
  );
  const client = new CloudFormationClient({ region, credentials: provider });
  const stacks = names.map(async (StackName): Promise<[string, DeployedStack][]> => {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName })).catch(unlessMissing);
    const status = Stacks[0]?.StackStatus;
    if (status === undefined || notCreated.includes(status)) return [];
    const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName }));
    return [[StackName, { status, template: parseTemplate(TemplateBody) }]];
  });
  return new Map((await Promise.all(stacks)).flat());
}

/** CloudFormation has no error name for a stack that does not exist. */
function unlessMissing(error: unknown): { Stacks?: { StackStatus: string }[] } {
  if (error instanceof Error && /^Stack with id .* does not exist$/.test(error.message)) return {};
  throw error;
}
