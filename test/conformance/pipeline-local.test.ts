import { type LocalOptions, startLocal } from "@tq/local";
import pino from "pino";
import handlers from "./fixtures/pipeline-handlers.ts";
import { describePipeline, type Pipeline } from "./pipeline-suite.ts";

const log = pino({ level: "silent" });
const file = new URL("./fixtures/pipeline-handlers.ts", import.meta.url);

async function local(options: LocalOptions): Promise<Pipeline> {
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

describePipeline("startLocal", () => local({ handlers }));
describePipeline("startLocal with three workers", () => local({ handlers, workers: 3, concurrency: 2 }));
describePipeline("startLocal with threads", () => local({ handlers: file, threads: true, workers: 2 }));
