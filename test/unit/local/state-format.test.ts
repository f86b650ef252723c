import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { whyIncompatible, writeStateFormat } from "#local/state-format.ts";

let directory: string;
const write = (name: string, content: string) => writeFileSync(path.join(directory, name), content);

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "lockstep-format-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("accepts a directory without state, and state of this version", () => {
  write("control-plane.log", "");
  expect(whyIncompatible(directory)).toBeUndefined();
  writeStateFormat(directory);
  write("state.sqlite", "");
  expect(whyIncompatible(directory)).toBeUndefined();
});

it.each([
  { format: undefined, writer: "an older" },
  { format: "0", writer: "an older" },
  { format: "999", writer: "a newer" },
])("refuses state of format $format, and says what to do", ({ format, writer }) => {
  write("state.sqlite", "");
  if (format !== undefined) write("format", format);
  const problem = whyIncompatible(directory);
  expect(problem).toContain(`The state in ${directory} was written by ${writer} Lockstep`);
  expect(problem).toContain(`Fix: lockstep down && rm -r ${directory}, then lockstep up`);
});
