/** Writes events as lines, each as soon as it is there. Whoever reads them too slowly misses some; nobody waits for it. */
import type { TqEvent } from "@tq/events";
import type { LineOutput } from "../output/line-output.ts";
import { type EventStyle, formatEvent } from "./format-event.ts";

/** Ends with the events. Rejects with the system's error, as soon as a write has failed: also while no event comes. */
export async function writeEvents(
  events: AsyncIterable<TqEvent>,
  output: LineOutput,
  style: EventStyle,
): Promise<void> {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  await Promise.race([write(events, { output, style, onFailure: failed.reject }), failed.promise]);
}

interface Writing {
  readonly output: LineOutput;
  readonly style: EventStyle;
  readonly onFailure: (error: unknown) => void;
}

async function write(events: AsyncIterable<TqEvent>, { output, style, onFailure }: Writing): Promise<void> {
  let isWatched = false;
  for await (const event of events) {
    await output.add(formatEvent(event, style));
    if (isWatched) continue;
    isWatched = true;
    output.flush().then(() => {
      isWatched = false;
    }, onFailure);
  }
  await output.flush();
}
