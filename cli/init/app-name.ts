import { maxPrefix, reservedWords } from "../../lib/names.ts";

/** A name for AWS resources from the name of a package or folder: `@acme/Web_Shop` becomes `web-shop`. */
export function appName(name: string, stage: string): string {
  const words = name
    .replace(/^@[^/]*\//, "")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "" && !reservedWords.includes(word));
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html: not "internal-"
  const text = words
    .join("-")
    .replace(/^internal(-|$)/, "")
    .replace(/^[^a-z]+/, "");
  const longest = maxPrefix - stage.length - 1;
  if (text === "") return "app";
  return text.length <= longest
    ? text
    : text
        .slice(0, longest + 1)
        .replace(/-[^-]*$/, "")
        .slice(0, longest);
}
