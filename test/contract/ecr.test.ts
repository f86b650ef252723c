import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
} from "@aws-sdk/client-ecr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ecr } from "#local/services/ecr/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { digestOf, openRegistry, pushBlob, pushImage, putManifest, type Registry } from "#test/support/oci-image.ts";

const run = promisify(execFile);
const errorBody = z.object({ errors: z.tuple([z.object({ code: z.string(), message: z.string() })]) });
const hasSkopeo = await run("skopeo", ["--version"]).then(
  () => true,
  () => false,
);

const repositoryArn = "arn:aws:ecr:eu-central-1:123456789012:repository/app";
const allow = (Action: string[], Resource: string) => ({
  Effect: "Allow",
  Action: Action.map((a) => `ecr:${a}`),
  Resource,
});
const token = allow(["GetAuthorizationToken"], "*");
const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement: [token, ...Statement] });

let local: TestCloud;
let client: ECRClient;
let registry: Registry;

beforeAll(async () => {
  local = await startTestCloud({
    services: [ecr],
    roles: {
      puller: policy(allow(["BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability"], repositoryArn)),
      stranger: policy(),
    },
  });
  client = local.client(ECRClient);
  await client.send(new CreateRepositoryCommand({ repositoryName: "app" }));
  await client.send(new CreateRepositoryCommand({ repositoryName: "fixed", imageTagMutability: "IMMUTABLE" }));
  registry = await openRegistry(client);
});
afterAll(() => local.stop());

const image = (tag: string, content = tag) => ({
  repository: "app",
  tag,
  layers: [[{ path: "app/server.js", content }]],
  config: { Entrypoint: ["node", "server.js"], WorkingDir: "/app" },
});

const errorOf = async (response: Response) => {
  const { errors } = errorBody.parse(await response.json());
  return { status: response.status, ...errors[0] };
};

describe("the way in", () => {
  it("asks for credentials in the words of ECR", async () => {
    const response = await fetch(`${local.endpoint}/v2/`);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe(
      `Basic realm="${local.endpoint}/",service="ecr.amazonaws.com"`,
    );
    expect(await errorOf(response)).toMatchObject({ code: "UNAUTHORIZED" });
  });

  it("answers who has a token", async () => {
    expect((await registry.request("/v2/")).status).toBe(200);
  });

  it("refuses a forged token", async () => {
    const forged = { authorization: `Basic ${Buffer.from("AWS:eyJhIjoxfQ.AAAA").toString("base64")}` };
    expect((await fetch(`${local.endpoint}/v2/`, { headers: forged })).status).toBe(403);
  });

  it("gives a token for twelve hours", async () => {
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand());
    const hours = ((authorizationData?.[0]?.expiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(12, 1);
    expect(authorizationData?.[0]?.proxyEndpoint).toBe(local.endpoint);
  });

  it("lets a role do what its policy says and no more", async () => {
    const digest = await pushImage(registry, image("guarded"));
    const puller = await openRegistry(local.client(ECRClient, "puller"));
    const stranger = await openRegistry(local.client(ECRClient, "stranger"));
    expect((await puller.request(`/v2/app/manifests/${digest}`)).status).toBe(200);
    const push = await puller.request("/v2/app/blobs/uploads/", { method: "POST" });
    expect(await errorOf(push)).toMatchObject({
      status: 403,
      code: "DENIED",
      message: expect.stringContaining("ecr:InitiateLayerUpload on resource: " + repositoryArn),
    });
    expect(await errorOf(await stranger.request(`/v2/app/manifests/${digest}`))).toMatchObject({ code: "DENIED" });
  });
});

describe("blobs", () => {
  it("takes a blob in parts and gives it out whole, or a range of it", async () => {
    const begun = await registry.request("/v2/app/blobs/uploads/", { method: "POST" });
    const location = begun.headers.get("location") ?? "";
    const part = (body: string, range: string) =>
      registry.request(location, { method: "PATCH", body, headers: { "content-range": range } });
    expect((await part("hello ", "0-5")).headers.get("range")).toBe("0-5");
    expect(await errorOf(await part("gap", "9-11"))).toMatchObject({ status: 416, code: "BLOB_UPLOAD_INVALID" });
    await part("world", "6-10");
    const digest = digestOf("hello world");
    const closed = await registry.request(`${location}?digest=${digest}`, { method: "PUT" });
    expect(closed.status).toBe(201);
    expect(await (await registry.request(`/v2/app/blobs/${digest}`)).text()).toBe("hello world");
    const range = await registry.request(`/v2/app/blobs/${digest}`, { headers: { range: "bytes=6-" } });
    expect([range.status, await range.text()]).toEqual([206, "world"]);
  });

  it("shows nothing of a blob whose content is not what its digest says", async () => {
    const digest = digestOf("promised");
    const pushed = await registry.request(`/v2/app/blobs/uploads/?digest=${digest}`, { method: "POST", body: "other" });
    expect(await errorOf(pushed)).toMatchObject({ status: 400, code: "DIGEST_INVALID" });
    expect((await registry.request(`/v2/app/blobs/${digest}`, { method: "HEAD" })).status).toBe(404);
    expect(readdirSync(path.join(local.directory, "ecr", "uploads"))).toEqual([]);
  });

  it("does not give out a blob of another repository", async () => {
    const digest = await pushBlob(registry, "app", Buffer.from("mine"));
    const response = await registry.request(`/v2/fixed/blobs/${digest}`);
    expect(await errorOf(response)).toMatchObject({ status: 404, code: "BLOB_UNKNOWN" });
  });
});

describe("manifests", () => {
  it("gives an image by tag and by digest, and lists its tags", async () => {
    const digest = await pushImage(registry, image("one"));
    for (const reference of ["one", digest]) {
      const response = await registry.request(`/v2/app/manifests/${reference}`);
      expect(response.headers.get("docker-content-digest")).toBe(digest);
      expect(digestOf(await response.text())).toBe(digest);
    }
    const list = await registry.request("/v2/app/tags/list");
    expect(await list.json()).toMatchObject({ name: "app", tags: expect.arrayContaining(["one"]) });
  });

  it("refuses a manifest whose layers are not there", async () => {
    const absent = { mediaType: "application/octet-stream", digest: digestOf("absent"), size: 6 };
    const manifest = JSON.stringify({ schemaVersion: 2, config: absent, layers: [] });
    expect(await errorOf(await putManifest(registry, "app/manifests/lost", manifest))).toMatchObject({
      status: 404,
      code: "MANIFEST_BLOB_UNKNOWN",
    });
  });

  it("refuses what is no manifest", async () => {
    expect(await errorOf(await putManifest(registry, "app/manifests/bad", "{}"))).toMatchObject({
      status: 400,
      code: "MANIFEST_INVALID",
    });
  });

  it("lists what is attached to an image, which may be nothing", async () => {
    const subject = await pushImage(registry, image("signed"));
    const referrers = async (query = "") => {
      const response = await registry.request(`/v2/app/referrers/${subject}${query}`);
      expect([response.status, response.headers.get("content-type")]).toEqual([200, index]);
      return [await response.json(), response.headers.get("oci-filters-applied")];
    };
    const index = "application/vnd.oci.image.index.v1+json";
    const empty = { schemaVersion: 2, mediaType: index, manifests: [] };
    expect(await referrers()).toEqual([empty, null]);
    const config = {
      mediaType: "application/x-signature",
      digest: await pushBlob(registry, "app", Buffer.from("{}")),
      size: 2,
    };
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config,
      layers: [],
      subject: { mediaType, digest: subject, size: 1 },
    });
    const digest = digestOf(manifest);
    const pushed = await putManifest(registry, `app/manifests/${digest}`, manifest);
    expect([pushed.status, pushed.headers.get("oci-subject")]).toEqual([201, subject]);
    const descriptor = { mediaType, digest, size: manifest.length, artifactType: "application/x-signature" };
    expect(await referrers("?artifactType=application/x-signature")).toEqual([
      { ...empty, manifests: [descriptor] },
      "artifactType",
    ]);
    expect(await referrers("?artifactType=other")).toEqual([empty, "artifactType"]);
    expect(await errorOf(await registry.request("/v2/app/referrers/latest"))).toMatchObject({
      status: 400,
      code: "DIGEST_INVALID",
    });
    expect(await errorOf(await registry.request(`/v2/nowhere/referrers/${subject}`))).toMatchObject({ status: 404 });
  });

  it("pages tags by a number", async () => {
    await pushImage(registry, image("paged-1"));
    await pushImage(registry, image("paged-2"));
    const page = await registry.request("/v2/app/tags/list?n=1&last=paged-1");
    expect(await page.json()).toEqual({ name: "app", tags: ["paged-2"] });
    const none = await registry.request("/v2/app/tags/list?n=0");
    expect([await none.json(), none.headers.get("link")]).toEqual([{ name: "app", tags: [] }, null]);
    expect(await errorOf(await registry.request("/v2/app/tags/list?n=x"))).toMatchObject({
      status: 400,
      code: "PAGINATION_NUMBER_INVALID",
    });
  });

  it("does not move a tag of an immutable repository", async () => {
    await pushImage(registry, { ...image("v1"), repository: "fixed" });
    await pushImage(registry, { ...image("v1"), repository: "fixed" });
    const other = { ...image("v1", "other"), repository: "fixed" };
    await expect(pushImage(registry, other)).rejects.toThrow(/400 .*TAG_INVALID.*cannot be overwritten/);
  });

  it("names a repository that is not there", async () => {
    expect(await errorOf(await registry.request("/v2/nowhere/manifests/latest"))).toMatchObject({
      status: 404,
      code: "NAME_UNKNOWN",
      message: "The repository with name 'nowhere' does not exist in the registry with id '123456789012'",
    });
  });
});

describe("the API", () => {
  it("describes what was pushed", async () => {
    const imageDigest = await pushImage(registry, image("described"));
    const { imageDetails } = await client.send(
      new DescribeImagesCommand({ repositoryName: "app", imageIds: [{ imageTag: "described" }] }),
    );
    expect(imageDetails).toMatchObject([{ imageDigest, imageTags: ["described"], repositoryName: "app" }]);
    const { imageIds } = await client.send(new ListImagesCommand({ repositoryName: "app" }));
    expect(imageIds).toContainEqual({ imageDigest, imageTag: "described" });
    const { images } = await client.send(
      new BatchGetImageCommand({ repositoryName: "app", imageIds: [{ imageDigest }] }),
    );
    expect(digestOf(images?.[0]?.imageManifest ?? "")).toBe(imageDigest);
  });

  it("names an image that is not there", async () => {
    const absent = { repositoryName: "app", imageIds: [{ imageTag: "absent" }] };
    await expect(client.send(new DescribeImagesCommand(absent))).rejects.toMatchObject({
      name: "ImageNotFoundException",
    });
    expect((await client.send(new BatchGetImageCommand(absent))).failures).toMatchObject([
      { failureCode: "ImageNotFound" },
    ]);
  });

  it("deletes an image with its last tag", async () => {
    const digest = await pushImage(registry, image("gone"));
    await client.send(new BatchDeleteImageCommand({ repositoryName: "app", imageIds: [{ imageTag: "gone" }] }));
    expect((await registry.request(`/v2/app/manifests/${digest}`)).status).toBe(404);
  });

  it("keeps an image as long as an index refers to it", async () => {
    const part = await pushImage(registry, image("part"));
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const manifests = [{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: part, size: 1 }];
    const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
    await registry.request("/v2/app/manifests/whole", {
      method: "PUT",
      headers: { "content-type": mediaType },
      body: index,
    });
    const remove = (...digests: string[]) =>
      client.send(
        new BatchDeleteImageCommand({
          repositoryName: "app",
          imageIds: digests.map((imageDigest) => ({ imageDigest })),
        }),
      );
    const both = await remove(part, digestOf(index));
    expect(both.imageIds).toMatchObject([{ imageDigest: digestOf(index), imageTag: "whole" }]);
    expect(both.failures).toMatchObject([
      { failureCode: "ImageReferencedByManifestList", imageId: { imageDigest: part } },
    ]);
    expect((await remove(part)).failures).toEqual([]);
  });

  it("deletes a repository with images only when forced", async () => {
    await client.send(new CreateRepositoryCommand({ repositoryName: "short-lived" }));
    await pushImage(registry, { ...image("x"), repository: "short-lived" });
    await expect(client.send(new DeleteRepositoryCommand({ repositoryName: "short-lived" }))).rejects.toMatchObject({
      name: "RepositoryNotEmptyException",
    });
    await client.send(new DeleteRepositoryCommand({ repositoryName: "short-lived", force: true }));
    await expect(
      client.send(new DescribeRepositoriesCommand({ repositoryNames: ["short-lived"] })),
    ).rejects.toMatchObject({ name: "RepositoryNotFoundException" });
  });
});

describe("a pull-through cache", () => {
  const major = process.versions.node.split(".")[0];

  beforeAll(async () => {
    const rule = local.resourceTypes.find(({ type }) => type === "AWS::ECR::PullThroughCacheRule");
    const properties = rule?.properties.parse({ EcrRepositoryPrefix: "mirror", UpstreamRegistryUrl: "public.ecr.aws" });
    await rule?.create(properties, Object({}));
  });

  it("has Node as an image without layers: this machine's", async () => {
    const response = await registry.request(`/v2/mirror/docker/library/node/manifests/${major}-slim`);
    expect(await response.json()).toMatchObject({ schemaVersion: 2, layers: [] });
  });

  it.each([
    ["redis", "8"],
    ["node", "4-slim"],
  ])("refuses %s:%s by name", async (name, tag) => {
    const error = await errorOf(await registry.request(`/v2/mirror/docker/library/${name}/manifests/${tag}`));
    expect(error).toMatchObject({ status: 404, code: "MANIFEST_UNKNOWN" });
    expect(error.message).toContain(`public.ecr.aws/docker/library/${name}:${tag}`);
  });
});

describe("other people's clients", () => {
  it.skipIf(!hasSkopeo)("skopeo copies an image in and out", async () => {
    const digest = await pushImage(registry, image("for-skopeo"));
    const credentials = Buffer.from(registry.authorization.slice("Basic ".length), "base64").toString("utf8");
    const host = new URL(local.endpoint).host;
    const copy = path.join(local.directory, "skopeo");
    const insecure = ["--src-tls-verify=false", "--src-creds", credentials];
    await run("skopeo", ["copy", ...insecure, `docker://${host}/app:for-skopeo`, `oci:${copy}:x`]);
    const back = ["--dest-tls-verify=false", "--dest-creds", credentials];
    await run("skopeo", ["copy", ...back, `oci:${copy}:x`, `docker://${host}/fixed:from-skopeo`]);
    const inspect = ["inspect", "--tls-verify=false", "--creds", credentials, `docker://${host}/fixed:from-skopeo`];
    expect(JSON.parse((await run("skopeo", inspect)).stdout)).toMatchObject({ Digest: digest });
  });
});
