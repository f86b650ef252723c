import { expect, it } from "vitest";
import { parseImage } from "#local/services/ecs/image/reference.ts";

const registry = { accountId: "123456789012", region: "eu-central-1", endpoint: "http://127.0.0.1:4566" };
const host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const digest = `sha256:${"0".repeat(64)}`;

it.each([
  [`${host}/app`, "app", "latest"],
  [`${host}/team/app:v1`, "team/app", "v1"],
  [`${host}/app@${digest}`, "app", digest],
  [`${host}/app:v1@${digest}`, "app", digest],
  ["127.0.0.1:9999/app:v1", "app", "v1"],
])("finds %s", (image, repository, reference) => {
  expect(parseImage(image, registry)).toEqual({ repository, reference });
});

it.each([
  "app:v1",
  "redis",
  "docker.io/library/redis:8",
  `999999999999.dkr.ecr.eu-central-1.amazonaws.com/app`,
  `${host}/App`,
])("refuses %s by name", (image) => {
  expect(() => parseImage(image, registry)).toThrow(`"${image}"`);
});
