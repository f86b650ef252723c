import { describe, expect, test } from "vitest";
import {
  assetsLabel,
  earlierAssets,
  isHashedAsset,
  type AssetLayers,
  withAssetsOf,
} from "../../../../release-kit/image/assets.ts";

describe("a file for browsers that is named by its content", () => {
  const entry = (name: string) => ({ name, type: "File", mode: 0o644, size: 1 }) as const;

  test.each([
    "dist/client/assets/index-BxYz12_-.js",
    "dist/assets/logo-4f3c2b1a.svg",
    "build/static/js/main.3f2a9c1b.js",
    "build/static/js/main.3f2a9c1b.js.map",
    ".next/static/chunks/app/page-0a1b2c3d4e5f6789.js",
    ".next/static/Zx81bQ/_buildManifest.js",
    "apps/web/.next/static/css/1f2e3d4c5b6a7980.css",
    "client/_app/immutable/chunks/index.Bq3x9Z1a.js",
  ])("%s", (name) => expect(isHashedAsset(entry(name))).toBe(true));

  test.each([
    "dist/server.js",
    "dist/assets/logo.svg",
    "dist/assets/vendor-internal.js",
    "dist/chunks/index-BxYz12_-.js",
    ".next/server/chunks/1234abcd.js",
    "public/assets/jquery-3.6.0.js",
  ])("not %s", (name) => expect(isHashedAsset(entry(name))).toBe(false));

  test("not a folder", () => {
    expect(isHashedAsset({ ...entry("dist/assets/index-BxYz12_-.js"), type: "Directory" })).toBe(false);
  });
});

const layer = (digest: string) => ({ digest, diffId: `diff-${digest}`, size: 1 });

describe("the assets of earlier releases", () => {
  const registry = (images: Readonly<Record<string, AssetLayers | undefined>>) => ({
    manifest: async (reference: string) =>
      reference in images ? { config: { mediaType: "config", digest: reference, size: 1 }, layers: [] } : undefined,
    json: async (digest: string) => {
      const layers = images[digest];
      return { config: layers && { Labels: { [assetsLabel]: JSON.stringify(layers) } } };
    },
  });
  const date = new Date("2026-03-31T00:00:00Z");

  test("are those of the live image, and those that it has from before it", async () => {
    const images = { live: { own: layer("c"), earlier: [{ ...layer("b"), until: "2026-03-30T00:00:00.000Z" }] } };
    expect(await earlierAssets(registry(images), ["live"], date)).toEqual([
      { ...layer("c"), until: date.toISOString() },
      { ...layer("b"), until: "2026-03-30T00:00:00.000Z" },
    ]);
  });

  test("end 30 days after their release was replaced", async () => {
    const earlier = ["2026-03-01T00:00:00.000Z", "2026-02-28T00:00:00.000Z"].map((until) => ({
      ...layer(until),
      until,
    }));
    const kept = await earlierAssets(registry({ live: { earlier } }), ["live"], date);
    expect(kept.map(({ digest }) => digest)).toEqual(["2026-03-01T00:00:00.000Z"]);
  });

  test("are named once, also if several images have them", async () => {
    const images = {
      broken: { own: layer("b"), earlier: [{ ...layer("a"), until: "2026-03-30T00:00:00.000Z" }] },
      live: { own: layer("a"), earlier: [] },
    };
    expect(await earlierAssets(registry(images), ["broken", "live"], date)).toEqual([
      { ...layer("b"), until: date.toISOString() },
      { ...layer("a"), until: date.toISOString() },
    ]);
  });

  test("are none of an image without the label, or that was pruned", async () => {
    expect(await earlierAssets(registry({ live: undefined }), ["live", "pruned"], date)).toEqual([]);
  });

  test("take at most 60 layers", async () => {
    const earlier = Array.from({ length: 90 }, (_, n) => ({ ...layer(`l${n}`), until: "2026-03-30T00:00:00.000Z" }));
    expect(await earlierAssets(registry({ live: { earlier } }), ["live"], date)).toHaveLength(60);
  });
});

describe("the live image with the assets of the next one", () => {
  const date = new Date("2026-03-31T00:00:00Z");
  const until = "2026-03-30T00:00:00.000Z";
  const live = { own: layer("b"), earlier: [{ ...layer("a"), until }] };
  const next = { own: layer("c"), earlier: [{ ...layer("b"), until: date.toISOString() }] };

  test("keeps its own, and has those of the next one and of earlier ones", () => {
    expect(withAssetsOf(next, live, date)).toEqual({
      own: layer("b"),
      earlier: [
        { ...layer("c"), until: date.toISOString() },
        { ...layer("a"), until },
      ],
    });
  });

  test.each([
    ["has none", { earlier: next.earlier }],
    ["has the same", { ...next, own: layer("b") }],
    ["has those of an earlier release again", { ...next, own: layer("a") }],
  ])("is not needed if the next one %s", (_what, without) => {
    expect(withAssetsOf(without, live, date)).toBeUndefined();
  });

  test("has at most 60 layers of others, the newest ones", () => {
    const earlier = Array.from({ length: 60 }, (_, n) => ({ ...layer(`l${n}`), until }));
    const extended = withAssetsOf(next, { own: layer("b"), earlier }, date);
    expect(extended?.earlier[0]).toMatchObject(layer("c"));
    expect(extended?.earlier.at(-1)).toMatchObject(layer("l57"));
  });
});
