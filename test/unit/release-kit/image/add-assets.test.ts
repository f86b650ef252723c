import { expect, test } from "vitest";
import * as z from "zod";
import { addAssets } from "../../../../release-kit/image/add-assets.ts";
import { assetsLabel, type AssetLayers } from "../../../../release-kit/image/assets.ts";

const until = "2026-03-30T00:00:00.000Z";
const layer = (digest: string) => ({ digest, diffId: `diff-${digest}`, size: 1 });
const names = ["base", "certificates", "dependencies", "a", "app", "b"];
const entries = (length: number) => Array.from({ length }, () => ({ created: until, created_by: "lockstep" }));
const live = {
  manifest: {
    config: { mediaType: "config", digest: "config", size: 1 },
    layers: names.map((digest) => ({ mediaType: "layer", digest, size: 1 })),
  },
  config: (assets: AssetLayers | undefined) => ({
    architecture: "arm64",
    config: {
      User: "1000",
      Entrypoint: ["node"],
      ...(assets && { Labels: { [assetsLabel]: JSON.stringify(assets) } }),
    },
    rootfs: { type: "layers", diff_ids: names.map((name) => `diff-${name}`) },
    history: [{ created_by: "FROM node" }, { created_by: "CMD", empty_layer: true }, ...entries(5)],
  }),
};
const next = { own: layer("c"), earlier: [{ ...layer("b"), until }] };

async function added(assets: AssetLayers | undefined) {
  const pushed = { config: "", manifests: new Map<string, string>() };
  const registry = {
    manifest: async () => live.manifest,
    json: async () => live.config(assets),
    digestOf: async () => undefined,
    upload: async ({ body }: { body: () => Promise<unknown> }) => void (pushed.config = z.string().parse(await body())),
    putManifest: async (tag: string, manifest: string) => void pushed.manifests.set(tag, manifest),
  };
  const digest = await addAssets(registry, "live", { assets: next, date: new Date("2026-03-31T00:00:00Z") });
  return { digest, ...pushed };
}

test("the live image gets the new assets below its app, and is otherwise the same", async () => {
  const { digest, config, manifests } = await added({ own: layer("b"), earlier: [{ ...layer("a"), until }] });
  const [tag, text] = [...manifests].flat();
  expect(tag).toBe(`assets-${digest?.slice("sha256:".length)}`);
  const order = ["base", "certificates", "dependencies", "a", "c", "app", "b"];
  const layers = order.map((name) => ({ mediaType: expect.any(String), digest: name, size: 1 }));
  expect(JSON.parse(text ?? "")).toMatchObject({ layers });
  expect(JSON.parse(config)).toMatchObject({
    architecture: "arm64",
    config: { User: "1000", Entrypoint: ["node"] },
    rootfs: { diff_ids: order.map((name) => `diff-${name}`) },
    // One entry for each layer of an image, besides those without one.
    history: [{ created_by: "FROM node" }, { created_by: "CMD" }, ...entries(6)],
  });
});

test("nothing is pushed if the live image has the assets, or was built in another way", async () => {
  for (const assets of [{ own: layer("c"), earlier: [] }, undefined])
    expect(await added(assets)).toMatchObject({ digest: undefined, config: "", manifests: new Map() });
});
