import { type Class, type Decorator, Visitor } from "oxc-parser";
import { keyOf, type Syntax, textOf } from "./syntax.ts";

export interface Route {
  readonly path: string;
  readonly line: number;
}

export interface Routes {
  readonly routes: readonly Route[];
  /** Texts that look like a path, such as those that `request.url` is compared with. */
  readonly paths: readonly Route[];
  /** `app.setGlobalPrefix("api")` of NestJS. */
  readonly prefix?: string | undefined;
}

const getters = new Set(["get", "all", "use", "head"]);

/** Routes that answer GET: of Express, Fastify, Koa, Hono, Hapi and NestJS. */
export function routesIn({ program, lineAt }: Syntax): Routes {
  const routes: Route[] = [];
  const paths: Route[] = [];
  let prefix: string | undefined;
  const add = (path: string | undefined, offset: number) => {
    if (path !== undefined) routes.push({ path: path.startsWith("/") ? path : `/${path}`, line: lineAt(offset) });
  };
  new Visitor({
    CallExpression({ callee, arguments: [first], start }) {
      if (callee.type !== "MemberExpression" || callee.computed || callee.property.type !== "Identifier") return;
      const text = first?.type === "SpreadElement" ? undefined : textOf(first);
      if (callee.property.name === "setGlobalPrefix") prefix = text;
      if (getters.has(callee.property.name) && text?.startsWith("/")) add(text, start);
      if (callee.property.name !== "route" || first?.type !== "ObjectExpression") return;
      for (const property of first.properties)
        if (property.type !== "SpreadElement" && ["url", "path"].includes(keyOf(property.key) ?? ""))
          add(textOf(property.value), start);
    },
    ClassDeclaration(node) {
      for (const path of controllerPaths(node)) add(path, node.start);
    },
    Literal({ value, start }) {
      const path = typeof value === "string" ? /^(?:GET )?(\/[\w./-]*)$/.exec(value)?.[1] : undefined;
      if (path !== undefined) paths.push({ path, line: lineAt(start) });
    },
  }).visit(program);
  return { routes, paths, prefix };
}

/** `@Controller("health")` with `@Get("live")`: health/live. */
function controllerPaths({ decorators, body }: Class): string[] {
  const controller = decorators
    .map((decorator) => pathOf(decorator, /^Controller$/))
    .find((path) => path !== undefined);
  if (controller === undefined) return [];
  return body.body.flatMap((member) => {
    if (member.type !== "MethodDefinition") return [];
    const paths = member.decorators.map((decorator) => pathOf(decorator, /^(Get|All)$/));
    return paths.flatMap((path) => (path === undefined ? [] : [[controller, path].filter(Boolean).join("/")]));
  });
}

function pathOf({ expression }: Decorator, name: RegExp): string | undefined {
  if (expression.type !== "CallExpression" || expression.callee.type !== "Identifier") return undefined;
  if (!name.test(expression.callee.name)) return undefined;
  const [first] = expression.arguments;
  return first?.type === "SpreadElement" ? "" : (textOf(first) ?? "").replace(/^\//, "");
}
