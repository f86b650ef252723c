import { describe, expect, test } from "vitest";
import { neededDeployments, neededImages, neededSnapshots } from "../../../../../lambdas/events/prune/needed.ts";
import type { DeploymentRecord, ReleaseRecord } from "../../../../../lambdas/core/record.ts";
import type { RestoreRecord } from "../../../../../lambdas/restore/record.ts";

const minute = (number: number) => `2026-01-01T12:${String(number).padStart(2, "0")}:00Z`;
const deployment = (number: number, status: DeploymentRecord["status"] = "succeeded"): DeploymentRecord => ({
  deployment: `d${number}`,
  repository: "shop",
  branch: "main",
  commit: String(number).repeat(40).slice(0, 40),
  pushedAt: minute(number),
  status,
  execution: `arn:execution:d${number}`,
  attempt: 0,
  createdAt: minute(number),
  steps: {},
  snapshot: { id: `s${number}`, attempt: 0 },
});
const release = (number: number, withdrawnAt?: string): ReleaseRecord => ({
  deployment: `d${number}`,
  commit: String(number),
  pushedAt: minute(number),
  imageUri: "image",
  imageDigest: `i${number}`,
  taskDefinitionArn: `td:${number}`,
  deployedAt: minute(number),
  ...(withdrawnAt !== undefined && { withdrawnAt }),
});
const restore = (snapshot: string, status: RestoreRecord["status"]): RestoreRecord => ({
  restore: `r-${snapshot}`,
  snapshot,
  status,
  execution: `arn:execution:r-${snapshot}`,
  attempt: 0,
  startedAt: minute(0),
  steps: {},
});
const deployments = [1, 2, 3, 4, 5, 6].map((number) => deployment(number));
const known = { deployments, current: release(6), releases: [6, 5, 4, 3, 2, 1].map((n) => release(n)), restores: [] };

describe("what is needed", () => {
  test("includes the live image with the assets of a release", () => {
    const image = { uri: "u", digest: "i7", migrations: [], migrationCount: 0, requiredVariables: [] };
    const added = {
      ...deployment(7, "running"),
      image: { ...image, assets: { digest: "i7-assets", liveImage: "i6" } },
    };
    const images = neededImages({ ...known, deployments: [...deployments, added] }, 1);
    expect(images).toEqual(new Set(["i7", "i7-assets", "i6"]));
  });

  test("are the snapshots of the last good release and the one before", () => {
    expect(neededSnapshots(known)).toEqual(new Set(["s6", "s5"]));
  });

  test("includes running deployments, and those that failed after the last good release", () => {
    const more = [...deployments, deployment(7, "failed"), deployment(8, "running")];
    expect(neededSnapshots({ ...known, deployments: more })).toEqual(new Set(["s5", "s6", "s7", "s8"]));
  });

  test("includes earlier releases if newer ones were withdrawn", () => {
    const releases = [release(6, minute(59)), release(5, minute(59)), ...known.releases.slice(2)];
    const expected = new Set(["s3", "s4", "s5", "s6"]);
    expect(neededSnapshots({ ...known, current: release(4), releases })).toEqual(expected);
  });

  test("includes the snapshot of a restore that may be redriven", () => {
    const restores = [restore("s1", "failed"), restore("s2", "restored"), restore("s3", "running")];
    expect(neededSnapshots({ ...known, restores })).toEqual(new Set(["s1", "s3", "s5", "s6"]));
  });

  test("are the images of the releases to keep and of running deployments", () => {
    const image = { uri: "image", digest: "i8", migrations: [], migrationCount: 0, requiredVariables: [] };
    const more = [...deployments, { ...deployment(8, "running"), image }];
    expect(neededImages({ ...known, deployments: more }, 3)).toEqual(new Set(["i4", "i5", "i6", "i8"]));
  });

  test("is every image while a build runs, which may find an old one in the registry", () => {
    expect(neededImages({ ...known, deployments: [...deployments, deployment(7, "running")] }, 3)).toBeUndefined();
  });

  test("is everything before the first release", () => {
    const fresh = { deployments, current: undefined, releases: [], restores: [] };
    expect(neededDeployments(fresh, 2).size).toBe(6);
  });
});
