/** The sink of the demo: takes each result once, adds it to the totals, and tells how far it is. */
import { type Sink, startSink } from "@tq/sink";
import { createCliLogger } from "../output/create-cli-logger.ts";
import { openChildChannel, tellParent } from "../processes/child-channel.ts";
import { countWords } from "./count-words.ts";
import { demoLogLevel } from "./demo-log-level.ts";
import type { FromDemoSink, ToDemoSink } from "./demo-messages.ts";
import { TotalsBuilder } from "./totals.ts";

const progressMs = 100;

const totals = new TotalsBuilder();
let expected = Number.POSITIVE_INFINITY;

const tell = (message: FromDemoSink): Promise<void> => tellParent(message);

function tellIfReached(): void {
  if (totals.results < expected) return;
  expected = Number.POSITIVE_INFINITY;
  void tell({ type: "reached", results: totals.results });
}

function obey(message: ToDemoSink, sink: Sink): void {
  switch (message.type) {
    case "expect":
      expected = message.results;
      tellIfReached();
      return;
    case "report":
      void tell({ type: "totals", totals: totals.build() });
      return;
    case "stop":
      void sink.close();
  }
}

async function run(): Promise<void> {
  await using sink = await startSink({
    bind: "tcp://127.0.0.1:*",
    push: "tcp://127.0.0.1:*",
    name: "sink",
    log: createCliLogger("sink", demoLogLevel()),
  });
  parent.onMessage((message) => obey(message, sink));
  await tell({ type: "ready", endpoint: sink.endpoint });
  const progress = setInterval(() => {
    void tell({ type: "progress", results: totals.results, bytes: totals.bytes });
  }, progressMs);
  for await (const result of sink.results(countWords)) {
    totals.add(result);
    tellIfReached();
  }
  clearInterval(progress);
}

const parent = openChildChannel<ToDemoSink>();
parent.onParentGone(() => process.exit(1));
try {
  await run();
  process.exit(0);
} catch (error) {
  await tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
