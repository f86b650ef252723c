import { ResourceNotFound, type DescribeStateMachineOutput } from "@aws-sdk/client-sfn";
import type { Operations } from "#local/cloud/index.ts";
import { checkDefinition } from "../check-definition.ts";
import { checkExecutionArn, executionDoesNotExist, refuseUnsupported } from "../faults.ts";
import type { Deps } from "../deps.ts";
import { requireStandard } from "../machines.ts";
import { page } from "../page.ts";
import type { Machine, Revision } from "../store.ts";

type Sfn = Operations<"sfn">;

export function machineOperations(deps: Deps): Sfn {
  const { store, machines } = deps;
  return {
    createStateMachine(input) {
      const { name, definition, roleArn, type, loggingConfiguration, tracingConfiguration, tags } = input;
      const { publish, versionDescription, encryptionConfiguration } = input;
      refuseUnsupported("CreateStateMachine", { publish, versionDescription, encryptionConfiguration });
      requireStandard(type);
      const machine = machines.create(name, {
        ...specOf({ definition, roleArn, loggingConfiguration, tracingConfiguration }),
        definition,
        roleArn,
        tags: (tags ?? []).map(({ key = "", value = "" }) => ({ key, value })),
      });
      return { stateMachineArn: machine.arn, creationDate: new Date(machine.creationDate) };
    },
    updateStateMachine(input) {
      const { stateMachineArn, publish, versionDescription, encryptionConfiguration, ...change } = input;
      refuseUnsupported("UpdateStateMachine", { publish, versionDescription, encryptionConfiguration });
      const { updateDate, revisionId } = machines.update(stateMachineArn, specOf(change));
      return { updateDate: new Date(updateDate), revisionId };
    },
    deleteStateMachine({ stateMachineArn }) {
      machines.delete(stateMachineArn);
      return {};
    },
    describeStateMachine({ stateMachineArn, includedData }) {
      const machine = machines.find(stateMachineArn);
      const { definition } = store.revision(machine.revisionId);
      return { ...described(machine), definition: includedData === "METADATA_ONLY" ? "" : definition };
    },
    describeStateMachineForExecution({ executionArn }) {
      const execution = store.execution(checkExecutionArn(executionArn));
      if (!execution) throw executionDoesNotExist(executionArn);
      return { ...describedRevision(store.revision(execution.revisionId)), revisionId: execution.revisionId };
    },
    listStateMachines(input) {
      const { items, nextToken } = page(store.machines.list(), ({ name }) => name, input);
      const stateMachines = items.map(({ arn, name, creationDate }) => ({
        stateMachineArn: arn,
        name,
        type: "STANDARD" as const,
        creationDate: new Date(creationDate),
      }));
      return { stateMachines, nextToken };
    },
    validateStateMachineDefinition({ definition, type }) {
      requireStandard(type);
      const { problems } = checkDefinition(definition);
      const diagnostics = problems.map((problem) => ({ severity: "ERROR" as const, ...problem }));
      return { result: problems.length === 0 ? "OK" : "FAIL", diagnostics, truncated: false };
    },
    ...tagOperations(deps),
  };
}

function tagOperations({ store, machines }: Deps): Sfn {
  const find = (arn: string): Machine => {
    try {
      return machines.find(arn);
    } catch (cause) {
      const message = `Resource not found: '${arn}'`;
      throw Object.assign(new ResourceNotFound({ message, resourceName: arn, $metadata: {} }), { cause });
    }
  };
  return {
    listTagsForResource: ({ resourceArn }) => ({ tags: find(resourceArn).tags }),
    tagResource({ resourceArn, tags }) {
      const machine = find(resourceArn);
      const merged = new Map(machine.tags.map(({ key, value }) => [key, value]));
      for (const { key = "", value = "" } of tags) merged.set(key, value);
      store.machines.put(machine.name, { ...machine, tags: Array.from(merged, ([key, value]) => ({ key, value })) });
      return {};
    },
    untagResource({ resourceArn, tagKeys }) {
      const machine = find(resourceArn);
      const tags = machine.tags.filter(({ key }) => !tagKeys.includes(key));
      store.machines.put(machine.name, { ...machine, tags });
      return {};
    },
  };
}

interface ApiSpec {
  definition?: string | undefined;
  roleArn?: string | undefined;
  loggingConfiguration?: Machine["logging"] | undefined;
  tracingConfiguration?: { enabled?: boolean | undefined } | undefined;
}

function specOf({ definition, roleArn, loggingConfiguration, tracingConfiguration }: ApiSpec) {
  const isTraced = tracingConfiguration?.enabled;
  return {
    ...(definition === undefined ? {} : { definition }),
    ...(roleArn === undefined ? {} : { roleArn }),
    ...(loggingConfiguration && { logging: loggingConfiguration }),
    ...(isTraced === undefined ? {} : { isTraced }),
  };
}

function described(machine: Machine): Omit<DescribeStateMachineOutput, "definition"> {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: "ACTIVE",
    roleArn: machine.roleArn,
    type: "STANDARD",
    creationDate: new Date(machine.creationDate),
    loggingConfiguration: machine.logging,
    tracingConfiguration: { enabled: machine.isTraced },
    revisionId: machine.isFirstRevision ? undefined : machine.revisionId,
  };
}

function describedRevision(revision: Revision) {
  return {
    stateMachineArn: revision.machineArn,
    name: revision.machineName,
    definition: revision.definition,
    roleArn: revision.roleArn,
    updateDate: new Date(revision.updateDate),
    loggingConfiguration: revision.logging,
    tracingConfiguration: { enabled: revision.isTraced },
  };
}
