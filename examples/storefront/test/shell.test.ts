import assert from "node:assert/strict";
import { test } from "node:test";
import type { View } from "../src/model.ts";
import { fillShell } from "../src/server/shell.ts";

const shell =
  '<meta content="<!--release-->"><title><!--title--></title><!--app--><script id="view"><!--view--></script>';
const page = { kind: "problem", title: "</script><b>", detail: "$& $1" } as const;
const view: View = { storeName: "Bean & <Co>", release: "4f2c1ab", cartCount: 0, page };

test("puts title, release, page and data in their places", () => {
  const html = fillShell(shell, view, "<h1>$& Coffee</h1>");
  assert.match(html, /<title>Bean &amp; &lt;Co&gt;<\/title>/);
  assert.match(html, /content="4f2c1ab"/);
  assert.ok(html.includes("<h1>$& Coffee</h1>"));
});

test("no text of the data can end the script it stands in", () => {
  const [, data = ""] = /<script id="view">(.*?)<\/script>/.exec(fillShell(shell, view, "")) ?? [];
  assert.deepEqual(JSON.parse(data), view);
});
