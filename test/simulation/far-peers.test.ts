/** Two ends of a session that are far apart: what is under way for long is not lost. */
import { Session, streamWindowMessages } from "@tq/common/protocol";
import { seededRandom, VirtualClock } from "@tq/common/transport";
import type { NumberedContent, SessionMessage } from "@tq/common/wire";
import { expect, test } from "vitest";

const heartbeatMs = 750;

const content = (seq: number): NumberedContent => ({
  verb: "ACCEPTED",
  ids: { origins: ["0000000000000001"], runs: [0, seq, 1] },
});

interface Path {
  readonly delayMs: () => number;
  /** Of a message by its number. */
  readonly isLost?: (number: number) => boolean;
}

/** Sends 2,000 messages from one end to the other, 200 a second. Gives how many left twice, and what arrived when. */
function talk(seed: number, { delayMs, isLost = () => false }: Path) {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const times = new Map<number, number>();
  const arrivedAt: number[] = [];
  const sides: Session[] = [];
  const side = (other: number): Session => {
    let dueAt = 0;
    const session = new Session(1, 0, (message: SessionMessage) => {
      if ("number" in message) {
        const time = (times.get(message.number) ?? 0) + 1;
        times.set(message.number, time);
        if (time === 1 && isLost(message.number)) return;
      }
      // Links keep order.
      dueAt = Math.max(dueAt, clock.now() + delayMs());
      clock.schedule(dueAt, () => {
        const peer = sides[other];
        const isNew = peer?.arrive(clock.now(), message);
        if (isNew && "number" in message) arrivedAt.push(clock.now());
        peer?.acknowledgeIfDue();
      });
    });
    const beat = (): void => {
      session.beat(clock.now(), {});
      clock.after(heartbeatMs, beat);
    };
    clock.after(random() * heartbeatMs, beat);
    return session;
  };
  sides.push(side(1), side(0));
  let seq = 0;
  const speak = (): void => {
    seq += 1;
    sides[0]?.send(clock.now(), content(seq));
    if (seq < 2_000) clock.after(random() * 10, speak);
  };
  clock.schedule(0, speak);
  clock.runUntil(60_000);
  expect(arrivedAt).toHaveLength(2_000);
  const resent = [...times.values()].reduce((sum, count) => sum + count - 1, 0);
  return { resent, arrivedAt };
}

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

test.each([1, 20, 100, 250])("nothing leaves twice over a way of %d ms that loses nothing", (delayMs) => {
  const resent = seeds.map((seed) => talk(seed, { delayMs: () => delayMs }).resent);
  expect(resent).toEqual(seeds.map(() => 0));
});

test("hardly anything leaves twice over a way whose length changes all the time", () => {
  const resent = seeds.map((seed) => {
    const random = seededRandom(seed + 100);
    return talk(seed, { delayMs: () => 50 + 100 * random() }).resent;
  });
  expect(Math.max(...resent)).toBeLessThanOrEqual(streamWindowMessages);
});

test("what a way of 100 ms has lost comes again, once and soon", () => {
  for (const seed of seeds) {
    const { resent, arrivedAt } = talk(seed, { delayMs: () => 100, isLost: (number) => number === 1_000 });
    const pauses = arrivedAt.map((at, index) => at - (arrivedAt[index - 1] ?? 0));
    expect(resent).toBeLessThanOrEqual(streamWindowMessages);
    expect(Math.max(...pauses)).toBeLessThan(2 * heartbeatMs + 4 * 100);
  }
});
