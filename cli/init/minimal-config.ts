import { isDeepStrictEqual } from "node:util";
import { ConfigInvalid, parseConfig } from "../../lib/config/index.ts";

export type ConfigValue =
  | string
  | number
  | boolean
  | readonly ConfigValue[]
  | { readonly [field: string]: ConfigValue | undefined };
export type ConfigObject = { readonly [field: string]: ConfigValue | undefined };

const file = "lockstep.config.ts";

/** Without the fields that only repeat a default: the configuration means the same with and without them. */
export function minimalConfig(config: ConfigObject): ConfigObject {
  const expected = parseConfig(config, file);
  const means = (candidate: ConfigObject): boolean => {
    try {
      return isDeepStrictEqual(parseConfig(candidate, file), expected);
    } catch (error) {
      if (error instanceof ConfigInvalid) return false;
      throw error;
    }
  };
  return fieldsOf(config).reduce((current, path) => {
    const candidate = without(current, path);
    return means(candidate) ? candidate : current;
  }, config);
}

/** Paths of all fields, inner ones first. */
function fieldsOf(object: ConfigObject, path: readonly string[] = []): string[][] {
  return Object.entries(object).flatMap(([field, value]) => {
    const own = [...path, field];
    return [...(isObject(value) ? fieldsOf(value, own) : []), own];
  });
}

function without(object: ConfigObject, [field = "", ...rest]: readonly string[]): ConfigObject {
  const inner = object[field];
  if (rest.length > 0) return isObject(inner) ? { ...object, [field]: without(inner, rest) } : object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));
}

export function isObject(value: ConfigValue | undefined): value is ConfigObject {
  return typeof value === "object" && !isList(value);
}

export function isList(value: ConfigValue | undefined): value is readonly ConfigValue[] {
  return Array.isArray(value);
}
