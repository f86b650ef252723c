import { describe, expect, it } from "vitest";
import { executedBy, noDefinitions } from "../../../../release-kit/lint/executed.ts";
import { lintStatement } from "../../../../release-kit/lint/lint-statement.ts";
import { readStatements } from "../../../../release-kit/lint/statements.ts";

/** `line rule what` of everything that a migration executes. */
async function lint(sql: string): Promise<string[]> {
  const definitions = noDefinitions();
  return (await readStatements("x.sql", sql)).flatMap((statement) =>
    executedBy(statement, definitions).flatMap((executed) =>
      "unreadable" in executed
        ? [`${executed.line} cannot-analyse ${executed.via}${executed.unreadable}`]
        : lintStatement(executed.node).map(({ rule, what }) => `${executed.line} ${rule} ${executed.via}${what}`),
    ),
  );
}

describe("what a statement executes", () => {
  it("is found in the body of a DO", async () => {
    expect(await lint("SELECT 1;\nDO $$\nBEGIN\n  DROP TABLE session;\nEND $$;")).toEqual([
      "4 drop-table drops table session",
    ]);
    const branches = `DO $do$ DECLARE r record; BEGIN
      IF true THEN TRUNCATE a; ELSIF false THEN TRUNCATE b; ELSE TRUNCATE c; END IF;
      FOR r IN SELECT * FROM x LOOP DELETE FROM d; END LOOP;
      CASE 1 WHEN 1 THEN DELETE FROM e; ELSE DELETE FROM f; END CASE;
      BEGIN DELETE FROM g; EXCEPTION WHEN others THEN DELETE FROM h; END;
    END $do$`;
    expect((await lint(branches)).map((hit) => hit.split(" ").at(-1))).toEqual(Array.from("abcdefgh"));
  });

  it("is found in the text of an EXECUTE when it is a constant, and reported when it is built", async () => {
    expect(await lint("DO $$ BEGIN EXECUTE 'DROP TABLE session'; END $$")).toEqual([
      "1 drop-table drops table session",
    ]);
    expect(await lint("DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'session'; END $$")).toEqual([
      "1 cannot-analyse EXECUTE 'DROP TABLE ' || 'session'",
    ]);
    expect(
      await lint("DO $$ DECLARE r record; BEGIN FOR r IN EXECUTE format('x %I', 'y') LOOP NULL; END LOOP; END $$"),
    ).toEqual(["1 cannot-analyse EXECUTE format('x %I', 'y')"]);
  });

  it("is reported when a body cannot be read", async () => {
    expect(await lint("DO $$ BEGIN IF; END $$")).toEqual([expect.stringMatching(/^1 cannot-analyse DO, whose body/)]);
    expect(await lint("DO LANGUAGE plpython3u $$ plpy.execute('x') $$")).toEqual([
      "1 cannot-analyse DO in the language plpython3u",
    ]);
    expect(await lint("SELECT dblink_exec('db', 'DROP TABLE a')")).toEqual([
      expect.stringContaining("1 cannot-analyse dblink_exec"),
    ]);
  });

  it("is found in WITH, wherever it is", async () => {
    const gone = "WITH gone AS (DELETE FROM products RETURNING id)";
    for (const sql of [
      `${gone} SELECT count(*) FROM gone`,
      `${gone} INSERT INTO log SELECT * FROM gone`,
      `CREATE TABLE copy AS ${gone} SELECT * FROM gone`,
      `${gone} UPDATE a SET b = 1 WHERE c = 1`,
      `DO $$ BEGIN PERFORM 1; ${gone} SELECT count(*) FROM gone; END $$`,
      `EXPLAIN ANALYZE DELETE FROM products`,
      `EXPLAIN (FORMAT json, ANALYZE) ${gone} SELECT 1`,
    ])
      expect(await lint(sql), sql).toEqual(["1 delete-all deletes all rows of products"]);
    expect(await lint("EXPLAIN DELETE FROM products")).toEqual([]);
    expect(await lint("EXPLAIN (ANALYZE false) DELETE FROM products")).toEqual([]);
  });

  it("is found in functions and procedures that a migration creates and calls", async () => {
    const body = "BEGIN DELETE FROM products; RETURN 1; END";
    const create = `CREATE FUNCTION clean() RETURNS int LANGUAGE plpgsql AS $$ ${body} $$;\n`;
    const expected = ["2 delete-all calls clean(): deletes all rows of products"];
    expect(await lint(create)).toEqual([]);
    expect(await lint(`${create}SELECT clean()`)).toEqual(expected);
    expect(await lint(`${create}SELECT * FROM a WHERE b = shop.clean()`)).toEqual(expected);
    expect(await lint(`${create}DO $$ BEGIN PERFORM clean(); END $$`)).toEqual(expected);
    expect(await lint("CREATE PROCEDURE p() LANGUAGE sql AS 'TRUNCATE a';\nCALL p()")).toEqual([
      "2 truncate calls p(): empties table a",
    ]);
    expect(
      await lint("CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM a; END;\nSELECT f()"),
    ).toEqual(["2 delete-all calls f(): deletes all rows of a"]);
    expect(await lint("CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x', 'y';\nSELECT f()")).toEqual([
      "2 cannot-analyse calls f(): f() in the language c",
    ]);
  });

  it("ends where functions call each other", async () => {
    const f = "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT g(); TRUNCATE a';\n";
    const g = "CREATE FUNCTION g() RETURNS void LANGUAGE sql AS 'SELECT f(); TRUNCATE b';\n";
    expect(await lint(`${f}${g}SELECT f()`)).toEqual([
      "3 truncate calls f(): calls g(): empties table b",
      "3 truncate calls f(): empties table a",
    ]);
  });

  it("is found in a prepared statement when it is executed", async () => {
    expect(await lint("PREPARE q AS DELETE FROM a;\nEXECUTE q")).toEqual([
      "2 delete-all executes a prepared statement: deletes all rows of a",
    ]);
  });

  it("is found in what a body defines, in triggers, views and every way to execute a prepared statement", async () => {
    const create = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN DELETE FROM a; RETURN 1; END $f$;";
    const called = "delete-all calls f(): deletes all rows of a";
    expect(await lint(`DO $$ BEGIN ${create} PERFORM f(); END $$`)).toEqual([`1 ${called}`]);
    expect(await lint(`DO $$ BEGIN ${create} END $$;\nSELECT f()`)).toEqual([`2 ${called}`]);
    expect(await lint(`${create}\nCREATE TRIGGER t AFTER INSERT ON log EXECUTE FUNCTION f()`)).toEqual([`2 ${called}`]);
    expect(await lint(`${create}\nCREATE VIEW v AS SELECT f()`)).toEqual([`2 ${called}`]);
    const prepared = "delete-all executes a prepared statement: deletes all rows of a";
    expect(await lint("PREPARE q AS DELETE FROM a;\nEXPLAIN ANALYZE EXECUTE q")).toEqual([`2 ${prepared}`]);
    expect(await lint("PREPARE q AS DELETE FROM a;\nCREATE TABLE t AS EXECUTE q")).toEqual([`2 ${prepared}`]);
    expect(await lint("DO $$ BEGIN EXECUTE 'PREPARE q AS DELETE FROM a'; EXECUTE 'EXECUTE q'; END $$")).toEqual([
      `1 ${prepared}`,
    ]);
  });

  it("is nothing more for the statements that drizzle-kit generates", async () => {
    const guarded = `DO $$ BEGIN
      CREATE TYPE "public"."state" AS ENUM('open', 'closed');
    EXCEPTION WHEN duplicate_object THEN null;
    END $$;`;
    expect(await lint(guarded)).toEqual([]);
  });
});
