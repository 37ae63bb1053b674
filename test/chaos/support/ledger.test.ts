import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { closeAccounts } from "./ledger.ts";

function files(texts: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "tq-ledger-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return texts.map((text, place) => {
    const path = join(folder, String(place));
    writeFileSync(path, text);
    return path;
  });
}

const origin = "00000000000000aa";
const line = (seq: number, rest: object): string =>
  `${JSON.stringify({ taskId: `${origin}-${seq}`, ...rest })}\n`;
const done = (seq: number, input: number, attempt = 1) =>
  line(seq, { attempt, outcome: "completed", output: 2 * input + 1 });

test("accepted tasks are held against what is final: lost, twice, wrong, torn and redelivered are told apart", () => {
  // The last line is not whole: nobody was told that this one is written down.
  const [ledger = ""] = files([
    `submitted 9\n${[1, 2, 3, 4, 5, 97].map((n) => `${origin}-${n} ${n}\n`).join("")}${origin}-7`,
  ]);
  const out = files([
    done(1, 1) + done(1, 1) + done(2, 2, 3) + line(97, { attempt: 2, outcome: "failed" }),
    `${done(3, 4)}${done(2, 2)}{"taskId`,
  ]);
  expect(closeAccounts([ledger], out)).toMatchObject({
    submitted: 9,
    accepted: 6,
    ended: 4,
    lost: 2,
    lostIds: [`${origin}-4`, `${origin}-5`],
    twiceInOne: 1,
    twiceIds: [`${origin}-1`],
    twiceAcross: 1,
    wrong: 1,
    torn: 1,
    redelivered: 1,
  });
});
