/** Events from elsewhere: subscribe to them, or give many publishers one address. */
export * from "@tq/common";
export type {
  EventOrigin,
  EventSource,
  MissedEvent,
  SinkEvent,
  SinkState,
  SnapshotEvent,
  SourceGoneEvent,
  SourceState,
  TaskEvent,
  TaskReference,
  TqEvent,
  TqEventOf,
  TqEventType,
  VentilatorEvent,
  VentilatorState,
} from "@tq/common/events";
export {
  type EventProxy,
  type EventProxyOptions,
  type EventProxyStats,
  startEventProxy,
} from "./event-proxy.ts";
export {
  type EventSubscription,
  type EventSubscriptionStats,
  type SubscribeEventsOptions,
  subscribeEvents,
} from "./subscribe-events.ts";
