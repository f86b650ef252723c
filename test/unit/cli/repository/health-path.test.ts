import { expect, test } from "vitest";
import { surveyOf } from "../support/repository.ts";

test.each([
  ["app.get('/users', x); app.get('/healthz', x)", "/healthz"],
  ["app.get('/ping', x); app.get('/api/health', x)", "/api/health"],
  ["fastify.route({ method: 'GET', url: '/ready', handler })", "/ready"],
  ["if (request.url === '/status') response.end()", "/status"],
  ["switch (`${method} ${path}`) { case 'GET /healthz': break; }", "/healthz"],
  ["@Controller('health') class Health { @Get() check() {} }", "/health"],
  ["@Controller() class App { @Get('healthz') check() {} }", "/healthz"],
  ["app.setGlobalPrefix('api'); @Controller('health') class Health { @Get() check() {} }", "/api/health"],
  ["app.get('/users', x); app.post('/health', x)", "/health"],
  ["app.get('/users', x)", undefined],
])("%s", (code, path) => expect(surveyOf({ "app.ts": code }).health?.value).toBe(path));

test.each([
  ["app/api/health/route.ts", "/api/health"],
  ["src/app/(internal)/healthz/route.ts", "/healthz"],
  ["pages/api/health.ts", "/api/health"],
  ["src/routes/health/+server.ts", "/health"],
  ["server/api/health.get.ts", "/api/health"],
])("the file %s is the route %s", (file, path) => expect(surveyOf({ [file]: "" }).health?.value).toBe(path));
