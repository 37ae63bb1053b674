/**
 * The whole pipeline in one process: no sockets, nothing to start first.
 *
 *   node examples/local.ts
 */
import { defineTask, handler, startLocal, type } from "@tq/local";

const square = defineTask({ name: "math.square", input: type<number>(), output: type<number>() });

const tq = await startLocal({ handlers: [handler(square, (n) => n * n)] });

// One task; its result comes back.
console.log(`7 squared is ${await tq.run(square, 7)}`);

// Many, in order. The numbers are drawn no faster than results are taken, so there may be any number of them.
function* upTo(last: number) {
  for (let n = 1; n <= last; n++) yield n;
}
let sum = 0;
for await (const n of tq.map(square, upTo(100_000))) sum += n;
console.log(`the squares up to 100000 add up to ${sum}`);

// Handed over: the results end in a loop of their own, each exactly once.
const submitted = await tq.submitMany(square, [1, 2, 3]);
console.log(`accepted ${submitted.accepted}`);
const collecting = (async () => {
  for await (const result of tq.results(square)) {
    if (result.outcome === "completed") console.log(`collected ${result.output}`);
  }
})();

// All is settled when `drain` is done, and closing ends the loop.
await tq.drain();
await tq.close();
await collecting;
