import { TemplateNotSupported } from "./errors.ts";
import { isArray, isObject, type Json, type JsonObject } from "./json.ts";

/** What intrinsic functions refer to. Each returns undefined for an unknown name. */
export interface Scope {
  /** Value of `Ref`: parameters, pseudo parameters, physical ids. */
  ref(name: string): Json | undefined;
  attribute(logicalId: string, attribute: string): Json | undefined;
  condition(name: string): Json | undefined;
  mapping(map: string, first: string, second: string): Json | undefined;
  importValue(name: string): Json | undefined;
  availabilityZones(): readonly string[];
}

/** What `AWS::NoValue` resolves to: the member or element disappears. */
const noValue = Symbol("AWS::NoValue");
type Resolved = Json | typeof noValue;

/** Resolves every intrinsic function in a template value: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
export function resolve(value: Json, scope: Scope): Json {
  const resolved = evaluate(value, scope);
  return resolved === noValue ? null : resolved;
}

/** `Fn::If` and the members of `Conditions`. */
export function holds(condition: Json, scope: Scope): boolean {
  if (!isObject(condition)) throw new TemplateNotSupported(`Invalid condition ${JSON.stringify(condition)}`);
  const [[name, argument] = ["", null]] = Object.entries(condition);
  const all = isArray(argument) ? argument : [];
  if (name === "Condition") return holds(known(scope.condition(text(argument)), `condition ${text(argument)}`), scope);
  if (name === "Fn::And") return all.every((item) => holds(item, scope));
  if (name === "Fn::Or") return all.some((item) => holds(item, scope));
  if (name === "Fn::Not") return !holds(all[0] ?? null, scope);
  if (name === "Fn::Equals") {
    return JSON.stringify(resolve(all[0] ?? null, scope)) === JSON.stringify(resolve(all[1] ?? null, scope));
  }
  throw new TemplateNotSupported(`Condition function ${name} is not supported`);
}

function evaluate(value: Json, scope: Scope): Resolved {
  if (isArray(value)) return value.map((item) => evaluate(item, scope)).filter((item) => item !== noValue);
  if (!isObject(value)) return value;
  const call = intrinsic(value);
  if (call) return call.evaluate(call.argument, scope);
  const members = Object.entries(value).map(([key, member]) => [key, evaluateMember(key, member, scope)] as const);
  return Object.fromEntries(members.filter((member): member is [string, Json] => member[1] !== noValue));
}

function evaluateMember(key: string, member: Json, scope: Scope): Resolved {
  try {
    return evaluate(member, scope);
  } catch (error) {
    if (error instanceof TemplateNotSupported) error.path.unshift(key);
    throw error;
  }
}

type Evaluate = (argument: Json, scope: Scope) => Resolved;

function intrinsic(value: JsonObject): { evaluate: Evaluate; argument: Json } | undefined {
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0 || !(name === "Ref" || name.startsWith("Fn::"))) return undefined;
  const fn = functions[name];
  if (!fn)
    throw new TemplateNotSupported(
      `Intrinsic function ${name} is not supported. Supported: ${Object.keys(functions).join(", ")}`,
    );
  return { evaluate: fn, argument: value[name] ?? null };
}

const functions: Readonly<Record<string, Evaluate>> = {
  Ref: (argument, scope) => {
    const name = text(argument);
    return name === "AWS::NoValue" ? noValue : known(scope.ref(name), `Ref ${name}`);
  },
  "Fn::GetAtt": (argument, scope) => {
    const [logicalId, attribute] = attributeOf(argument);
    return known(scope.attribute(logicalId, attribute), `Fn::GetAtt ${logicalId}.${attribute}`);
  },
  "Fn::Sub": (argument, scope) => substitute(argument, scope),
  "Fn::Join": (argument, scope) => {
    const [separator, items] = pair(argument);
    return list(resolve(items, scope)).map(text).join(text(separator));
  },
  "Fn::Select": (argument, scope) => {
    const [index, items] = pair(argument);
    const position = Number(resolve(index, scope));
    return known(list(resolve(items, scope))[position], `Fn::Select ${position}`);
  },
  "Fn::Split": (argument, scope) => {
    const [separator, source] = pair(argument);
    return text(resolve(source, scope)).split(text(separator));
  },
  "Fn::If": (argument, scope) => {
    const [condition, whenTrue = null, whenFalse = null] = list(argument);
    return evaluate(holds({ Condition: condition ?? null }, scope) ? whenTrue : whenFalse, scope);
  },
  "Fn::FindInMap": (argument, scope) => {
    const [map, first, second] = list(resolve(argument, scope)).map(text);
    return known(scope.mapping(map ?? "", first ?? "", second ?? ""), `Fn::FindInMap ${map}.${first}.${second}`);
  },
  "Fn::Base64": (argument, scope) => Buffer.from(text(resolve(argument, scope))).toString("base64"),
  "Fn::GetAZs": (_argument, scope) => [...scope.availabilityZones()],
  "Fn::ImportValue": (argument, scope) => {
    const name = text(resolve(argument, scope));
    return known(scope.importValue(name), `Fn::ImportValue ${name}`);
  },
};

function substitute(argument: Json, scope: Scope): string {
  const [template, own] = isArray(argument) ? argument : [argument, {}];
  const variables = isObject(own) ? own : {};
  return text(template ?? null).replaceAll(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    const variable = variables[name];
    if (variable !== undefined) return text(resolve(variable, scope));
    const dot = name.indexOf(".");
    return text(resolve(dot < 0 ? { Ref: name } : { "Fn::GetAtt": [name.slice(0, dot), name.slice(dot + 1)] }, scope));
  });
}

/** Logical ids that a value refers to, through any function. */
export function references(value: Json, ids = new Set<string>()): Set<string> {
  if (isArray(value)) value.forEach((item) => references(item, ids));
  if (!isObject(value)) return ids;
  for (const [key, member] of Object.entries(value)) {
    if (key === "Ref") ids.add(text(member));
    if (key === "Fn::GetAtt") ids.add(attributeOf(member)[0]);
    if (key === "Fn::Sub") {
      const template = text(isArray(member) ? (member[0] ?? "") : member);
      for (const [, name = ""] of template.matchAll(/\$\{([^!}][^}]*)\}/g)) ids.add(name.split(".")[0] ?? name);
    }
    references(member, ids);
  }
  return ids;
}

function attributeOf(argument: Json): [string, string] {
  if (isArray(argument)) return [text(argument[0] ?? null), text(argument[1] ?? null)];
  const whole = text(argument);
  const dot = whole.indexOf(".");
  return [whole.slice(0, dot), whole.slice(dot + 1)];
}

function pair(argument: Json): [Json, Json] {
  const [first = null, second = null] = list(argument);
  return [first, second];
}

function list(value: Json): readonly Json[] {
  if (isArray(value)) return value;
  throw new TemplateNotSupported(`Expected a list, got ${JSON.stringify(value)}`);
}

export function text(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new TemplateNotSupported(`Expected a string, got ${JSON.stringify(value)}`);
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TemplateNotSupported(`Unresolved reference: ${what}`);
  return value;
}
