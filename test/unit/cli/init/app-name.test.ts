import { expect, test } from "vitest";
import { appName } from "../../../../cli/init/app-name.ts";

test.each([
  ["shop", "shop"],
  ["@acme/Web_Shop", "web-shop"],
  ["my-very-long-application-name", "my-very-long"],
  ["averyveryverylongword", "averyveryverylo"],
  ["internal-tools", "tools"],
  ["123-go", "go"],
  ["snapshot", "app"],
  ["日本", "app"],
])("%s becomes %s", (name, expected) => expect(appName(name, "production")).toBe(expected));
