import { expect, test } from "vitest";
import { SubmitHints } from "./submit-hints.ts";

test("a command is told when its task is new or takes something else, and not again", () => {
  const said: string[] = [];
  const hints = new SubmitHints({
    tq: "npx tq",
    producers: "tcp://127.0.0.1:5",
    say: (line) => said.push(line),
  });
  hints.tell([{ name: "a", sample: "3" }, { name: "b" }]);
  hints.tell([{ name: "a", sample: "3" }, { name: "b" }]);
  hints.tell([{ name: "a", sample: '{"n":3}' }]);
  expect(said).toEqual([
    "submit with: npx tq submit a 3 --ventilator tcp://127.0.0.1:5",
    "submit with (its input in place of null): npx tq submit b null --ventilator tcp://127.0.0.1:5",
    `submit with: npx tq submit a '{"n":3}' --ventilator tcp://127.0.0.1:5`,
  ]);
  expect(hints.commands).toEqual([`npx tq submit a '{"n":3}' --ventilator tcp://127.0.0.1:5`]);
});
