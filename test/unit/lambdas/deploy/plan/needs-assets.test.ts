import { expect, test } from "vitest";
import { needsAssets } from "../../../../../lambdas/deploy/plan/needs-assets.ts";

const built = { uri: "u", digest: "sha256:new", migrations: [], migrationCount: 0, requiredVariables: [] };
const image = { ...built, assets: { digest: "sha256:extended", liveImage: "sha256:live" } };

test("the live release needs the assets that were added to its image", () => {
  expect(needsAssets({ image }, { imageDigest: "sha256:live" })).toBe(true);
});

test.each([
  ["the build added none", { image: built }, { imageDigest: "sha256:live" }],
  ["an earlier attempt has deployed it with them", { image }, { imageDigest: "sha256:extended" }],
  ["there is none", { image }, undefined],
  [
    "the commit allows it, as a fix of a release that no longer starts",
    { image, allows: ["assets"] },
    { imageDigest: "sha256:live" },
  ],
])("the live release needs no assets if %s", (_why, record, release) => {
  expect(needsAssets(record, release)).toBe(false);
});
