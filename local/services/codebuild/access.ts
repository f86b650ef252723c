import type { AccessRules } from "#local/cloud/index.ts";
import { shortId } from "./store.ts";

const ofBuilds = (...ids: readonly string[]) => ({
  resources: ids.map((id) => `project/${shortId(id).split(":")[0] ?? ""}`),
});

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html */
export const access: AccessRules<"codebuild"> = {
  startBuild: "project/{projectName}",
  stopBuild: ({ id }) => ofBuilds(id),
  batchGetBuilds: ({ ids }) => ofBuilds(...ids),
  listBuildsForProject: "project/{projectName}",
  batchGetProjects: "project/{names}",
};
