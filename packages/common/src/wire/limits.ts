/**
 * Every limit of the wire, with its unit in its name, and why it is what it is.
 *
 * A peer's bytes are held against these before anything is allocated by them; a sender splits its messages so that
 * they fit. They belong to the protocol: two peers must agree on them, so none can be configured, apart from the
 * payload limit, which a deployment may lower or raise up to the limit of a body.
 */

/** Version of the protocol, TQP/1. */
export const protocolVersion = 1;

const KiB = 1024;
const MiB = 1024 * KiB;

export const wireLimits = {
  /**
   * Header frame. Fits the largest message that the other limits allow (a test adds it up).
   * Raised: what a peer that has not yet said who it is can make the other side parse.
   */
  headerBytesMax: 4 * MiB,
  /**
   * Body frame, unpacked, and attachments, together. gRPC's default for a message is 4 MiB, NATS's 1 MiB, Kafka's fetch 50 MiB; four of the
   * largest payloads fit. Raised: memory per message in flight, of which a session may have 32.
   */
  bodyBytesMax: 64 * MiB,
  /**
   * From here on a binary travels as a frame of its own, and no attachment is smaller. A frame costs 25 µs of CPU in sockets and
   * buffers, which is what the three copies of some 20 KiB cost; and it bounds the frames of a message, 2,048. Lowered: frames.
   * Raised: copies.
   */
  attachmentBytesMin: 32 * KiB,
  /**
   * One encoded input, output or error, its attachments included: the default, Redis and NATS advise far less. Raised: memory per task in
   * flight, and how long one task holds up those behind it.
   */
  payloadBytesMax: 16 * MiB,
  /** Tasks in one message with values. Above 1,024 a batch gains nothing measurable. Raised: header and burst size. */
  tasksPerMessageMax: 4096,
  /** Ids in one message without values, and attempts in one `held`. Raised: work done in one turn of the loop. */
  idsPerMessageMax: 65_536,
  /** Origins in one message. There are as many as producers had starts. Raised: header size. */
  originsPerMessageMax: 4096,
  /** Definitions in one HELLO: handlers of one worker. Raised: header size, and a window each. */
  definitionsMax: 1024,
  /** Tags in one HELLO. */
  tagsMax: 64,
  /** Sinks in one WELCOME. */
  sinksMax: 256,
  /** Sinks that a worker is full for, each counted once per definition. */
  fullSinksMax: 4096,
  /** Entries of `endpoints` in one HELLO; there are four roles. */
  endpointsMax: 8,
  /** Slots of one worker process. */
  slotsMax: 65_536,
  /** Names of peers and tags, and ids of sinks, in UTF-16 code units, as are the other `…CharsMax`. */
  nameCharsMax: 128,
  /** Endpoints: a Unix socket path (108) or a DNS name (253) and what is around it. */
  endpointCharsMax: 512,
  /** Stable codes of errors. */
  codeCharsMax: 64,
  /** Texts for people: `message`, `reason`. */
  textCharsMax: 4096,
  /** Idempotency key, as UTF-16 code units. Stripe and SQS take 255 and 128. Raised: header size. */
  keyCharsMax: 256,
  /** W3C `traceparent`: 55 in version 00; later versions may be longer. */
  traceparentCharsMax: 128,
  /** Containers inside each other in one value. JSON parsers allow 64 to 1,000. Raised: stack of the decoder. */
  depthMax: 64,
  /** Containers inside each other in a header; the grammar needs 6. */
  headerDepthMax: 8,
  /** Numbered messages of one direction that are not yet acknowledged: half of the high-water mark, 64. */
  unacknowledgedMax: 32,
  /** Spans: ten years. */
  spanMsMax: 10 * 366 * 24 * 3_600_000,
  /** Heartbeat intervals a peer may be told. */
  heartbeatMsMax: 3_600_000,
  livenessMax: 1000,
  /** Priorities go from its negative to it. */
  priorityMax: 100,
} as const;
