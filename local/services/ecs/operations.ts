import type { Clients, Operations } from "#local/cloud/index.ts";
import { clusterOperations } from "./operations/clusters.ts";
import type { OperationParts } from "./operations/parts.ts";
import { serviceOperations } from "./operations/services.ts";
import { taskDefinitionOperations } from "./operations/task-definitions.ts";
import { taskSetOperations } from "./operations/task-sets.ts";
import { taskOperations } from "./operations/tasks.ts";

export const createOperations = (parts: OperationParts): Operations<Clients["ecs"]> => ({
  ...clusterOperations(parts),
  ...taskDefinitionOperations(parts),
  ...serviceOperations(parts),
  ...taskSetOperations(parts),
  ...taskOperations(parts),
});
