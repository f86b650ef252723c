import { expect, test } from "vitest";
import { surveyOf } from "../support/repository.ts";

test.each([
  [{ ".nvmrc": "v22.11.0\n" }, 22, ".nvmrc"],
  [{ ".nvmrc": "lts/jod" }, 22, ".nvmrc"],
  [{ ".node-version": "20" }, 20, ".node-version"],
  [{ ".tool-versions": "python 3.12\nnodejs 22.9.0\n" }, 22, ".tool-versions"],
  [{ ".nvmrc": "18" }, undefined, ".nvmrc"],
  [{ "package.json": { volta: { node: "20.18.0" }, engines: { node: ">=18" } } }, 20, "package.json:2"],
  [{ "package.json": { engines: { node: ">=18" } } }, 24, "package.json:2"],
  [{ "package.json": { engines: { node: "^22.12 || ^20" } } }, 22, "package.json:2"],
  [{ "package.json": { engines: { node: "18 - 22" } } }, 22, "package.json:2"],
  [{ "package.json": { engines: { node: ">=20 <23" } } }, 22, "package.json:2"],
  [{ "package.json": { engines: { node: "18.x" } } }, undefined, "package.json:2"],
])("%j is Node.js %s", (files, version, evidence) => {
  expect(surveyOf(files).node).toMatchObject({ value: { version }, evidence });
});

test("no file names a version", () => expect(surveyOf({}).node).toBeUndefined());
