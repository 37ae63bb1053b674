import { expect, test } from "vitest";
import { ownCommand, quoted } from "./own-command.ts";

const main = "/home/me/tq/packages/cli/src/main.ts";
const bin = "/home/me/app/node_modules/.bin/tq";
const viaPnpm = { npm_config_user_agent: "pnpm/12.21.0 npm/? node/? linux x64" };
const viaNpx = { ...viaPnpm, npm_execpath: "/home/me/.npm/_npx/0390bb19/node_modules/pnpm/pnpm" };
const viaNpm = { npm_config_user_agent: "npm/11.19.1 node/v24.21.0 linux x64" };

test.each([
  ["a script of pnpm", main, { ...viaPnpm, npm_lifecycle_event: "tq" }, "pnpm tq"],
  ["a script of a pnpm from npx", main, { ...viaNpx, npm_lifecycle_event: "tq" }, "npx -y pnpm@12.21.0 tq"],
  ["a script of npm", main, { ...viaNpm, npm_lifecycle_event: "tq" }, "npm run --silent tq --"],
  ["npx", bin, { ...viaNpm, npm_lifecycle_event: "npx", npm_command: "exec" }, "npx tq"],
  ["pnpm exec", bin, { ...viaPnpm, npm_command: "exec" }, "pnpm exec tq"],
  [
    "a script of another name",
    main,
    { ...viaNpm, npm_lifecycle_event: "dev" },
    "node tq/packages/cli/src/main.ts",
  ],
  ["the PATH", bin, { PATH: "/usr/bin:/home/me/app/node_modules/.bin" }, "tq"],
  ["its path", bin, { PATH: "/usr/bin" }, "./app/node_modules/.bin/tq"],
  ["node", main, {}, "node tq/packages/cli/src/main.ts"],
  ["node, with a space", "/home/me/my tq/main.ts", {}, "node 'my tq/main.ts'"],
] as const)("is called again as it was: by %s", (...[, script, environment, expected]) => {
  expect(ownCommand({ script, environment, folder: "/home/me" })).toBe(expected);
});

test("a word with a quote in it stays one word of the shell", () => {
  expect(quoted(`{"a":"it's"}`)).toBe(`'{"a":"it'\\''s"}'`);
});
