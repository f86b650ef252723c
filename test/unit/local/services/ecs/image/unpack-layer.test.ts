import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unpackLayer } from "#local/services/ecs/image/unpack-layer.ts";
import { tar, type TarEntry } from "#test/support/tar.ts";

let outside: string;
let root: string;

beforeEach(() => {
  outside = mkdtempSync(path.join(tmpdir(), "unpack-"));
  root = path.join(outside, "root");
  mkdirSync(root);
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

const limits = { bytes: 1000, entries: 20 };
const unpack = (...entries: TarEntry[]) => unpackLayer(tar(entries), root, limits);
const read = (name: string) => readFileSync(path.join(root, name), "utf8");

describe("what a layer holds", () => {
  it("is laid out, with names that begin at the root", async () => {
    await unpack(
      { path: "/app/", type: "5" },
      { path: "/app/server.js", content: "1", mode: 0o755 },
      { path: "./app/deep/er.js", content: "2" },
      { path: "app/start", type: "2", link: "server.js" },
      { path: "app/same", type: "1", link: "app/server.js" },
    );
    expect([read("app/server.js"), read("app/deep/er.js"), read("app/start"), read("app/same")]).toEqual([
      "1",
      "2",
      "1",
      "1",
    ]);
    expect(statSync(path.join(root, "app/server.js")).mode & 0o777).toBe(0o555);
    expect(statSync(path.join(root, "app/deep/er.js")).mode & 0o777).toBe(0o444);
  });

  it("has an absolute link point into the image", async () => {
    await unpack(
      { path: "usr/bin/tool", content: "1" },
      { path: "etc/alternatives/tool", type: "2", link: "/usr/bin/tool" },
    );
    expect(readlinkSync(path.join(root, "etc/alternatives/tool"))).toBe("../../usr/bin/tool");
    expect(read("etc/alternatives/tool")).toBe("1");
  });

  it("replaces what lower layers have, a directory by a file and the other way round", async () => {
    await unpack({ path: "a/b", content: "old" }, { path: "c", content: "old" }, { path: "d", type: "2", link: "a" });
    await unpack(
      { path: "a", content: "new" },
      { path: "c", type: "5" },
      { path: "c/e", content: "new" },
      { path: "d", type: "5" },
    );
    expect([read("a"), read("c/e")]).toEqual(["new", "new"]);
    expect(lstatSync(path.join(root, "d")).isDirectory()).toBe(true);
  });

  it("hides what a whiteout names, and only what lies below", async () => {
    await unpack({ path: "x/keep", content: "1" }, { path: "x/gone", content: "1" }, { path: "y/low", content: "1" });
    await unpack({ path: "x/.wh.gone" }, { path: "y/high", content: "2" }, { path: "y/.wh..wh..opq" });
    expect(["x/keep", "x/gone", "y/low", "y/high"].map((name) => existsSync(path.join(root, name)))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it("may have names of more than a hundred characters", async () => {
    const name = `${"d".repeat(90)}/${"f".repeat(90)}`;
    const record = ` path=${name}\n`;
    await unpack({ path: "pax", type: "x", content: `${record.length + 3}${record}` }, { path: "short", content: "1" });
    expect(read(name)).toBe("1");
    await unpack({ path: "././@LongLink", type: "L", content: `${name}2\0` }, { path: "short", content: "2" });
    expect(read(`${name}2`)).toBe("2");
  });
});

describe("what is refused", () => {
  it.each<[string, TarEntry[], RegExp]>([
    ["a name that climbs", [{ path: "../evil", content: "1" }], /leads out/],
    ["a name that climbs on the way", [{ path: "a/../../evil", content: "1" }], /leads out/],
    ["an absolute name that climbs", [{ path: "/../evil", content: "1" }], /leads out/],
    ["a link that points out", [{ path: "l", type: "2", link: "../evil" }], /leads out/],
    ["an absolute link that climbs", [{ path: "l", type: "2", link: "/../../evil" }], /leads out/],
    ["a hard link to outside", [{ path: "l", type: "1", link: "../evil" }], /leads out/],
    [
      "a file through a link",
      [
        { path: "l", type: "2", link: "." },
        { path: "l/evil", content: "1" },
      ],
      /not a directory/,
    ],
    [
      "a link through a link, by which it would climb",
      [
        { path: "a/b", type: "5" },
        { path: "a/b/up", type: "2", link: "../.." },
        { path: "a/b/up/out", type: "2", link: "../../.." },
      ],
      /not a directory|leads out/,
    ],
    [
      "a hard link to a link",
      [
        { path: "l", type: "2", link: "x" },
        { path: "h", type: "1", link: "l" },
      ],
      /is not a file/,
    ],
    ["a device", [{ path: "dev/sda", type: "4" }], /unsupported entry type/],
    ["a pipe", [{ path: "pipe", type: "6" }], /unsupported entry type/],
    ["more bytes than allowed", [{ path: "big", content: "x".repeat(1001) }], /exceeds 1000 bytes/],
    ["more entries than allowed", Array.from({ length: 21 }, (_, n) => ({ path: `f${n}` })), /exceeds 20 entries/],
    [
      "a whiteout of the directory above",
      [{ path: "a/.wh..." }, { path: "a/.wh..", content: "" }],
      /not a valid whiteout/,
    ],
  ])("%s", async (_story, entries, reason) => {
    mkdirSync(path.join(root, "a"));
    await expect(unpack(...entries)).rejects.toThrow(reason);
    expect(existsSync(path.join(outside, "evil"))).toBe(false);
    expect(existsSync(path.join(outside, "out"))).toBe(false);
  });

  it("an archive that was cut off or changed", async () => {
    const archive = tar([{ path: "a", content: "x".repeat(600) }]);
    await expect(unpackLayer(archive.subarray(0, 700), root, limits)).rejects.toThrow(/truncated: entry/);
    await expect(unpackLayer(archive.subarray(0, 512 + 1024), root, limits)).rejects.toThrow(/no end/);
    archive[0] = 98;
    await expect(unpackLayer(archive, root, limits)).rejects.toThrow(/Checksum mismatch/);
  });
});
