/**
 * Tasks that are submitted twice, and tasks that fail: idempotency keys, what a handler can say, and dead letters.
 *
 *   node examples/failures.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import { DiscardTask, defineTask, handler, RetryTask, startLocal, type } from "@tq/local";

const charge = defineTask({
  name: "shop.charge",
  input: type<{ order: number }>(),
  output: type<string>(),
  retry: { maxAttempts: 2, backoff: { initialMs: 10 } },
});

let isBankOpen = false;
const charging = handler(charge, ({ order }, ctx) => {
  if (order < 0) throw new DiscardTask(`there is no order ${order}`);
  if (ctx.attempt === 1) throw new RetryTask({ afterMs: 50, reason: "the bank is busy" });
  if (!isBankOpen) throw new Error("the bank is closed");
  return `order ${order} is paid`;
});

await using tq = await startLocal({ handlers: [charging] });

// Shows each end as it comes, until the pipeline closes.
void (async () => {
  for await (const end of tq.results(charge))
    console.log(end.outcome === "completed" ? end.output : `${end.outcome} at attempt ${end.attempt}`);
})();

// The same call twice, as by somebody who does not know whether the first one got through.
const options = { idempotencyKey: "charge-7" };
const first = await tq.submit(charge, { order: 7 }, options);
const again = await tq.submit(charge, { order: 7 }, options);
console.log(`duplicate: ${again.isDuplicate}, the same task: ${again.taskId === first.taskId}`);

/** The ventilator hears a moment after the loop that a failure is final. */
async function deadLetters(count: number) {
  for (;;) {
    const { letters } = await tq.dead.list();
    if (letters.length === count) return letters;
    await pause(5);
  }
}

await deadLetters(1);
await tq.submit(charge, { order: -1 });
// What has failed for good is kept, with all that it takes to understand why.
for (const { taskId } of await deadLetters(2)) {
  const { input, errors } = await tq.dead.show(taskId);
  console.log(input, errors.map(({ error }) => error.message).join(", then "));
}

// A retry is a new task with the same input. What is not worth one is discarded.
isBankOpen = true;
const [closed, gone] = await deadLetters(2);
console.log("discarded:", await tq.dead.discard(gone?.taskId ?? ""));
await tq.dead.retry(closed?.taskId ?? "");
