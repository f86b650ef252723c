import { expect, it } from "vitest";
import { viewOf } from "../../../../../console/page/parts/view-of.ts";

it("takes a step of a deployment for the same view", () => {
  expect(viewOf("/production/deployments/1a2b-3c/Build")).toBe("/production/deployments/1a2b-3c");
  expect(viewOf("/production/deployments/1a2b-3c")).toBe("/production/deployments/1a2b-3c");
  expect(viewOf("/production/traffic")).toBe("/production/traffic");
});
