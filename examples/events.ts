/**
 * Events: what happens, as it happens, for whoever wants to know. Chosen by prefix; late or early makes no difference,
 * because the first that comes from each source is how it stands; and a proxy gives many sources one address.
 *
 *   node examples/events.ts
 */
import { defineTask, handler, type } from "@tq/common";
import { startEventProxy, subscribeEvents, type TqEvent } from "@tq/events";
import { startSink } from "@tq/sink";
import { startVentilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";

const halve = defineTask({
  name: "halve",
  input: type<number>(),
  output: type<number>(),
  retry: { maxAttempts: 1 },
});
const halving = handler(halve, (n) => {
  if (n % 2 === 1) throw new RangeError(`${n} is odd`);
  return n / 2;
});

const anyPort = "tcp://127.0.0.1:*";
await using proxy = await startEventProxy({ publishers: anyPort, subscribers: anyPort });
const { publishers: eventsProxy, subscribers: from } = proxy.endpoints;
await using sink = await startSink({ bind: anyPort, name: "sink", eventsProxy });
await using ventilator = await startVentilator({
  ...{ workers: anyPort, sinks: [sink.endpoint], name: "ventilator", eventsProxy },
});
void (async () => {
  for await (const _ of sink.results());
})();

// These tasks wait before anybody listens, and there is no worker yet.
await ventilator.submitMany(halve, [2, 3, 4]);

const show = ({ source, ...event }: TqEvent): string => {
  if (event.type === "snapshot" && event.state.role === "ventilator")
    return `${event.state.totals.unsettled} tasks wait, ${event.state.totals.workers} workers`;
  if (event.type === "task.failed") return `${event.taskId.split("-")[1]}: ${event.error?.message}`;
  return `from the ${source.role}`;
};

await using workers = new AsyncDisposableStack();

// A late subscriber, to one family of events and to a single one.
await using events = subscribeEvents({ from: [from], topics: ["worker.joined", "task.failed"] });
for await (const event of events) {
  if (event.source.role === "sink") continue;
  console.log(`${event.type} ${show(event)}`);
  if (event.type === "snapshot")
    workers.use(await startWorker({ ventilators: [ventilator.endpoints.workers], handlers: [halving] }));
  if (event.type === "task.failed") break;
}
