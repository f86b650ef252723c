import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readObject } from "../../../../local/git/object-reader.ts";

let directory: string;

const git = (args: readonly string[], input: string | Buffer = "") =>
  execFileSync("git", ["-C", directory, ...args], { input, encoding: "utf8" }).trim();
const save = (content: string | Buffer) => git(["hash-object", "-w", "--stdin"], content);

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-objects-"));
  git(["init", "--quiet", "--bare"]);
});
afterAll(() => rmSync(directory, { recursive: true }));

test("answers requests at the same time, each with its own object", async () => {
  const contents = ["", "\n", "one\n", "two missing\n", "x".repeat(200_000), "abc 0123 blob 7\n", "last"];
  const ids = contents.map(save);
  const missing = "0".repeat(40);
  const objects = await Promise.all([...ids, missing, ...ids].map((id) => readObject(directory, id)));
  const expected = contents.map((content, index) => [ids[index], "blob", content]);
  expect(objects.map((object) => object && [object.id, object.type, object.content?.toString("utf8")])).toEqual([
    ...expected,
    undefined,
    ...expected,
  ]);
});

test("leaves out the content of a large object, and continues after it", async () => {
  const large = save(Buffer.alloc(13 * 1024 * 1024, "a"));
  const small = save("small");
  const objects = await Promise.all([large, small].map((id) => readObject(directory, id)));
  expect(objects).toMatchObject([{ size: 13 * 1024 * 1024, content: undefined }, { size: 5 }]);
});

test("sees objects and references that are written later", async () => {
  expect(await readObject(directory, "refs/heads/main^{commit}")).toBeUndefined();
  const tree = git(["mktree"], `100644 blob ${save("a")}\ta\n`);
  const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  const commit = git([...identity, "commit-tree", "-m", "first", tree]);
  git(["update-ref", "refs/heads/main", commit]);
  expect(await readObject(directory, "refs/heads/main^{commit}")).toMatchObject({ id: commit, type: "commit" });
  expect(await readObject(directory, "refs/heads/main^{tree}")).toMatchObject({ id: tree, type: "tree" });
});

test("fails for a directory that is missing, and for more than one line", async () => {
  await expect(readObject(path.join(directory, "missing"), "HEAD")).rejects.toThrow("ENOENT");
  await expect(readObject(directory, "HEAD\nHEAD")).rejects.toThrow("more than one line");
});
