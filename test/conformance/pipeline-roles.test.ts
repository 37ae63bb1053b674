import { startProducer } from "@tq/producer";
import { startSink } from "@tq/sink";
import { startVentilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";
import pino from "pino";
import handlers from "./fixtures/pipeline-handlers.ts";
import { describePipeline, type Pipeline } from "./pipeline-suite.ts";

const log = pino({ level: "silent" });

/** Each role with links of its own; two workers, and a producer. `endpoint` gives a new one each time. */
async function roles(endpoint: () => string): Promise<Pipeline> {
  const sink = await startSink({ bind: endpoint(), push: endpoint(), log });
  const ventilator = await startVentilator({
    workers: endpoint(),
    producers: endpoint(),
    push: endpoint(),
    sinks: [sink.endpoint],
    log,
  });
  const { workers, producers = "" } = ventilator.endpoints;
  const worker = () => startWorker({ ventilators: [workers], handlers, log });
  const both = [await worker(), await worker()];
  const producer = await startProducer({ ventilators: [producers], log });
  const close = async () => {
    await producer.close();
    for (const role of [ventilator, ...both, sink]) await role.close();
  };
  return {
    submitter: producer,
    results: (task) => sink.results(task),
    stats: () => ventilator.stats(),
    drain: async () => {
      await producer.drain();
      await ventilator.drain();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

describePipeline("roles over tcp", () => roles(() => "tcp://127.0.0.1:*"));
describePipeline("roles over inproc", () => roles(() => "inproc://*"));
