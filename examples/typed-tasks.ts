/**
 * One contract for caller and worker: a default, a transform, and what a caller gets when something is wrong.
 *
 *   node examples/typed-tasks.ts
 */
import { defineTask, handler, isTqError, startLocal, TaskFailedError } from "@tq/local";
import { z } from "zod";

const invoice = defineTask({
  name: "shop.invoice",
  input: z.object({
    cents: z.array(z.number().int()),
    // The caller may leave it out; the handler always has it.
    currency: z.string().default("EUR"),
    // The caller gives text; the handler gets a Date. What travels is the text.
    due: z.iso.date().transform((day) => new Date(day)),
  }),
  // The handler returns cents; the caller gets text.
  output: z.object({ total: z.number().transform((cents) => (cents / 100).toFixed(2)), year: z.number() }),
  retry: { maxAttempts: 2, backoff: { initialMs: 10 } },
});

const invoicing = handler(invoice, ({ cents, currency, due }, ctx) => {
  if (currency !== "EUR") throw new RangeError(`no rate for ${currency} in attempt ${ctx.attempt}`);
  return { total: cents.reduce((sum, amount) => sum + amount, 0), year: due.getUTCFullYear() };
});

await using tq = await startLocal({ handlers: [invoicing] });

const { total, year } = await tq.run(invoice, { cents: [1999, 501], due: "2026-12-24" });
console.log(`${total}, due in ${year}`);

// An input that does not fit is refused at the caller, with the path, before anything is sent.
try {
  // @ts-expect-error: and by the compiler before that.
  await tq.run(invoice, { cents: [1999, "501"], due: "2026-12-24" });
} catch (error) {
  if (!isTqError(error, "TQ_ERR_INVALID_INPUT")) throw error;
  console.log(error.message);
}

// A handler that throws is tried again, then the task has failed. The cause is the error that it threw, over there.
try {
  await tq.run(invoice, { cents: [1999], currency: "XAU", due: "2026-12-24" });
} catch (error) {
  if (!(error instanceof TaskFailedError)) throw error;
  console.log(`${error.code}, attempt ${error.attempt}: ${error.cause}`);
}
