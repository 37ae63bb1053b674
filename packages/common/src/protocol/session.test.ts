import { expect, test } from "vitest";
import type { SessionMessage } from "../wire/index.ts";
import { Session } from "./session.ts";

const heartbeatMs = 750;

/** A session that has said a HEARTBEAT at 0, and what leaves it from then on. */
const openSession = () => {
  const sent: SessionMessage[] = [];
  const session = new Session(1, 0, (message) => sent.push(message));
  session.beat(0, {});
  sent.length = 0;
  return { session, sent };
};

test("a resumed session owes a HEARTBEAT at once, and then one per interval", () => {
  const { session } = openSession();
  expect(session.beatDueAt(heartbeatMs)).toBe(heartbeatMs);
  session.resume(100, 0);
  expect(session.beatDueAt(heartbeatMs)).toBe(100);
  session.beat(101, { grants: [0, 8, 1_000] });
  expect(session.beatDueAt(heartbeatMs)).toBe(101 + heartbeatMs);
});

test("a resumed session says again what is not acknowledged, and nothing else", () => {
  const { session, sent } = openSession();
  const ids = { origins: ["00000000000000aa"], runs: [0, 1, 1] };
  session.send(1, { verb: "CANCEL", ids });
  session.send(2, { verb: "RECALL", ids });
  session.sendUnnumbered({ verb: "GRANT", grants: [0, 1, 1] });
  sent.length = 0;
  session.resume(3, 1);
  expect(sent).toMatchObject([{ verb: "RECALL", number: 2 }]);
});
