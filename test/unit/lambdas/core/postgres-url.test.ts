import { describe, expect, test } from "vitest";
import { postgresUrl } from "../../../../lambdas/core/postgres-url.ts";

const urlOf = (password: string, names = {}) =>
  new URL(
    postgresUrl(
      { username: "shop", host: "db.example.com", port: 5432, dbname: "app", ...names, password },
      { sslmode: "verify-full" },
    ),
  );

describe("the URL of the database", () => {
  test("encodes a percent sign of the password", () => {
    expect(urlOf("a%40b").href).toBe("postgresql://shop:a%2540b@db.example.com:5432/app?sslmode=verify-full");
  });

  const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
  const passwords = [
    ...printable,
    ...printable.flatMap((first) => printable.map((second) => `${first}${second}`)),
    printable.join(""),
    "%2540%41%zz%",
    "pässwörd €𝄞",
  ];

  test("holds any password and user", () => {
    for (const value of passwords) {
      const url = urlOf(value, { username: value });
      expect(decodeURIComponent(url.password)).toBe(value);
      expect(decodeURIComponent(url.username)).toBe(value);
      expect({ host: url.host, path: url.pathname, search: url.search, hash: url.hash }).toEqual({
        host: "db.example.com:5432",
        path: "/app",
        search: "?sslmode=verify-full",
        hash: "",
      });
    }
  });
});
