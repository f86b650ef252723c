import type { Resource } from "./read-stacks.ts";

/** `release`: the next revision of a task definition, which changes nothing that runs. `forget`: kept, but no longer in the stack. */
export type Action = "create" | "update" | "replace" | "release" | "delete" | "forget";

export const withNextRelease = "with the next release";

const effects: Readonly<Record<string, string>> = {
  "AWS::ECS::TaskDefinition": withNextRelease,
  "AWS::StepFunctions::StateMachine": "with the next deployment",
  "AWS::CodeDeploy::DeploymentConfig": "with the next deployment",
  "AWS::CodeDeploy::DeploymentGroup": "with the next deployment",
  "AWS::CodeBuild::Project": "with the next build",
  "AWS::Lambda::Function": "with its next call",
  "Custom::AppSecret": withNextRelease,
  "Custom::DatabaseRoles": withNextRelease,
};

export const effectOf = (type: string) => effects[type] ?? "at once";

/** What an operator should know: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html */
const notes: Readonly<Record<string, string>> = {
  "AWS::RDS::DBInstance.DBInstanceClass":
    "Restarts the database: minutes of downtime; with multiAz, the time of a failover.",
  "AWS::RDS::DBInstance.AllocatedStorage": "Storage: no downtime. It cannot be reduced later.",
  "AWS::RDS::DBInstance.MultiAZ": "Standby instance: no downtime.",
  "Custom::ProductionListener.CertificateArn":
    "Needs an issued certificate in the Region of the stage. Port 443 opens, then port 80 redirects to it. Refused while traffic shifts.",
  "Custom::DatabaseRoles.PasswordGeneration":
    "Creates the next logins of the database. Running tasks keep theirs until the next release.",
  "Custom::AppSecret.GeneratedKeys": "Adds missing generated keys to the app's secret; the other keys are kept.",
  "Custom::DatabaseRoles.UrlParameters": "Changes DATABASE_URL of tasks that start afterwards.",
};

export const notesOf = (type: string, properties: readonly string[]) =>
  properties.flatMap((property) => notes[`${type}.${property}`] ?? []);

/**
 * Properties that ModifyDBInstance changes without an outage, although the schema of the type says that a replacement is possible:
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
 */
export const inPlace = ["AWS::RDS::DBInstance.MultiAZ"];

/** Of a service with the CODE_DEPLOY controller: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html */
const fixedByCodeDeploy = ["TaskDefinition", "LoadBalancers", "NetworkConfiguration", "PlatformVersion", "LaunchType"];

interface ResourceChange {
  stack: string;
  action: Action;
  type: string;
  before: Resource | undefined;
  after: Resource | undefined;
  properties: readonly string[];
  /** Those that replace the resource. */
  replacing: readonly string[];
}

/** Why the change is refused; undefined if it is not. */
export function refusalOf(change: ResourceChange): string | undefined {
  const { stack, action, type, before, after, properties, replacing } = change;
  const name = physicalName(before);
  const subject = `${type} ${name ?? ""}`.trim();
  const holdsData = /-(Data|Source)$/.test(stack);
  const cause = replacing.length === 0 ? "a resource that it refers to is replaced" : `${replacing.join(", ")} changes`;
  if (action === "replace" && name !== undefined && name === physicalName(after)) {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
    return `${subject} cannot be replaced under the same name: ${cause}.`;
  }
  if (action === "replace" && holdsData) return `${subject} would be replaced by an empty one: ${cause}.`;
  if (action === "delete" && holdsData) return `${subject} would be deleted.`;
  const fixed = type === "AWS::ECS::Service" ? properties.filter((key) => fixedByCodeDeploy.includes(key)) : [];
  if (fixed.length > 0) return `${subject} cannot change its ${fixed.join(", ")}: only CodeDeploy replaces its tasks.`;
  if (before && after && storageOf(after) < storageOf(before)) return `${subject}: storage cannot be reduced.`;
  return undefined;
}

const storageOf = ({ Properties }: Resource) => Number(Properties?.AllocatedStorage ?? 0);

/** The name that the template gives: `TableName` of a table, `Name` of a secret. */
export function physicalName(resource: Resource | undefined): string | undefined {
  const kind = resource?.Type.split("::").at(-1);
  const names = ["Name", `${kind}Name`, `${kind}Identifier`].map((key) => resource?.Properties?.[key]);
  return names.find((name) => typeof name === "string");
}
