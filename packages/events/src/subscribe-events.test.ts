import { expect, test } from "vitest";
import { subscribeEvents } from "./subscribe-events.ts";

const nobody = "tcp://127.0.0.1:1";

test.each([
  ["no address", { from: [] }, "TQ_ERR_INVALID_OPTION"],
  ["an address that is none", { from: [nobody, "nowhere"] }, "TQ_ERR_INVALID_ENDPOINT"],
  ["an address that names no place", { from: [nobody, "tcp://127.0.0.1:*"] }, "TQ_ERR_INVALID_ENDPOINT"],
  ["a text in place of a list", { from: nobody as unknown as string[] }, "TQ_ERR_INVALID_OPTION"],
  ["a prefix of nothing", { from: [nobody], topics: ["wroker."] }, "TQ_ERR_INVALID_OPTION"],
  ["a misspelt option", { from: [nobody], topic: ["task."] }, "TQ_ERR_INVALID_OPTION"],
])("%s is refused, and nothing stays open", (_, options, code) => {
  expect(() => subscribeEvents(options)).toThrow(expect.objectContaining({ code }));
});

test("a subscription that nobody answers waits, and ends when it is closed", async () => {
  const subscription = subscribeEvents({ from: [nobody, nobody] });
  const reading = (async () => {
    for await (const event of subscription) return event;
    return "ended";
  })();
  expect(subscription.stats()).toEqual({
    ...{ sources: 0, missed: 0, malformed: 0 },
    unheard: [{ endpoint: nobody, reason: undefined }],
  });
  await subscription.close();
  await subscription.close();
  expect(await reading).toBe("ended");
});

test("a name that nobody has is told as the reason", async () => {
  // A label too long to be asked for: answered without a name server.
  const host = `${"x".repeat(64)}.invalid`;
  const endpoint = `tcp://${host}:1`;
  await using subscription = subscribeEvents({ from: [endpoint] });
  await expect
    .poll(() => subscription.stats().unheard, { timeout: 10_000 })
    .toEqual([{ endpoint, reason: expect.stringContaining(host) }]);
});
