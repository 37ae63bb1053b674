/** Events on their way out of a process, and into loops: impure, shared by all that publish or subscribe. */
export { EventHub, type EventHubOptions, type EventsOptions } from "./event-hub.ts";
export { EventPublisher, type PublisherHandlers } from "./event-publisher.ts";
export { EventReader } from "./event-reader.ts";
export { mergeEvents } from "./merge-events.ts";
export { openEvents, type PublishOptions } from "./open-events.ts";
