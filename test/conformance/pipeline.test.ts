import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocal } from "@tq/local";
import { startProducer } from "@tq/producer";
import { startSink } from "@tq/sink";
import { startVentilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";
import pino from "pino";
import handlers from "./fixtures/pipeline-handlers.ts";
import { describePipeline, type Pipeline } from "./pipeline-suite.ts";

const log = pino({ level: "silent" });
const file = new URL("./fixtures/pipeline-handlers.ts", import.meta.url);

type LocalStart = Parameters<typeof startLocal>[0];

async function local(options: LocalStart): Promise<Pipeline> {
  const tq = await startLocal({ ...options, log });
  return {
    submitter: tq,
    results: (task) => tq.results(task),
    stats: () => tq.stats().ventilator,
    drain: () => tq.drain(),
    close: () => tq.close(),
    [Symbol.asyncDispose]: () => tq.close(),
  };
}

/** Each role with links of its own; two workers, and a producer. `endpoint` gives a new one each time. */
async function roles(endpoint: () => string): Promise<Pipeline> {
  const sink = await startSink({ bind: endpoint(), log });
  const ventilator = await startVentilator({
    workers: endpoint(),
    producers: endpoint(),
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

describePipeline("startLocal", () => local({ handlers }));
describePipeline("startLocal with three workers", () => local({ handlers, workers: 3, concurrency: 2 }));
describePipeline("startLocal with threads", () => local({ handlers: file, threads: true, workers: 2 }));
describePipeline("roles over tcp", () => roles(() => "tcp://127.0.0.1:*"));
describePipeline("roles over ipc", () => roles(() => `ipc://${join(tmpdir(), `tq-${randomUUID()}.sock`)}`));
describePipeline("roles over inproc", () => roles(() => "inproc://*"));
