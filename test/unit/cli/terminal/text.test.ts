import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { cleanLines, howLong, oneLine, shorten, shortId, table, titleOf } from "../../../../cli/terminal/text.ts";

describe("untrusted text", () => {
  test("is one line without control characters", () => {
    expect(oneLine("a\u001B[31mred\u0007\r\nline\u2028two\u202Eevil")).toBe("a [31mred line two evil");
  });

  test("keeps its lines where lines are shown, and nothing that moves the cursor", () => {
    expect(cleanLines("one\u001B[2J\r\n\ttwo\u0000")).toBe("one[2J\n  two");
  });

  test("gives the title of a message", () => {
    expect(titleOf("\n  Fix the till \n\nBecause.")).toBe("Fix the till");
    expect(titleOf(undefined)).toBe("");
  });
});

test.each([
  [0.2, "0 s"],
  [59, "59 s"],
  [60, "1 min 0 s"],
  [3599, "59 min 59 s"],
  [3600, "1 h 0 min"],
  [-3, "0 s"],
])("%d seconds are %s", (seconds, words) => expect(howLong(seconds)).toBe(words));

test.each([
  ["1a2b3c4d-9f3e8a10-11aa-4c2b-9d00-5a5a5a5a5a5a", "1a2b3c4d-9f3e"],
  ["1a2b3c4d-x", "1a2b3c4d-x"],
  ["1a2b3c4d-abc-def", "1a2b3c4d-abc"],
  ["1a2b3c4d", "1a2b3c4d"],
])("%s is shortened to %s, which still finds it", (id, short) => {
  expect(shortId(id)).toBe(short);
  expect(id.startsWith(short)).toBe(true);
});

test("text that is too long ends in an ellipsis", () => {
  expect(shorten("abcdef", 4)).toBe("abc…");
  expect(shorten("e\u0301a\u0308", 2)).toBe("e\u0301a\u0308");
});

test("columns are as wide as their widest cell", () => {
  expect(
    table(
      ["A", "Bee"],
      [
        ["long", "x"],
        ["", "y"],
      ],
      80,
    ),
  ).toBe("A     Bee\nlong  x\n      y");
  expect(table(["A", "Bee"], [["long", "a title"]], 10)).toBe("A     Bee\nlong  a t…");
});

describe("a question on a terminal", () => {
  const program = `
    import { confirm } from ${JSON.stringify(path.resolve("cli/terminal/text.ts"))};
    console.log("Confirmed: " + (await confirm("Unlock?", false)));`;
  /** Gives a program a terminal; not every machine has it. */
  const hasScript = spawnSync("script", ["--version"]).status === 0;

  /** Types the keys once the question is shown. */
  async function typed(keys: string): Promise<string> {
    const command = `${process.execPath} --input-type=module --eval '${program}'`;
    const terminal = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"]);
    let output = "";
    for await (const words of terminal.stdout) {
      const isShown = output.includes("[y/N]");
      output += String(words);
      if (!isShown && output.includes("[y/N]")) terminal.stdin.write(keys);
    }
    return output;
  }

  test.skipIf(!hasScript).each([
    { what: "yes", keys: "y\r", answer: true },
    { what: "no", keys: "n\r", answer: false },
    { what: "Enter", keys: "\r", answer: false },
    { what: "Ctrl-C", keys: "\u0003", answer: false },
    { what: "Ctrl-D", keys: "\u0004", answer: false },
  ])("takes $what as $answer", async ({ keys, answer }) => {
    const output = await typed(keys);
    expect(output).toContain(`Confirmed: ${answer}`);
    expect(output).not.toContain("Error");
  });
});
