/** Every limit of the links, in one place, with the reason for the figure and what grows if it is raised. */
export const linkLimits = {
  /**
   * Messages on their way to one peer, per side of the link: ZeroMQ's high-water marks. A session keeps at most half of
   * this unacknowledged, so that heartbeats and repeats always find room. Raised: memory per peer that does not read,
   * times the size of a batch.
   */
  pipeMessagesMax: 64,
  /**
   * Messages on their way through one one-way pipe, per side. Nobody says how much a reader may be sent, so this and the
   * kernel's buffers are all that keeps the first reader from swallowing a queue. Two would do for a steady flow; four
   * bridge a turn of the event loop. Raised: what the first reader takes along, and what is lost with a reader.
   */
  pushMessagesMax: 4,
  /**
   * The kernel's buffers on each side of such a pipe, over tcp; it doubles the figure. Its own choice would be megabytes, so
   * hundreds of small batches. 15,000 messages of 5 KB a second pass through this one, four times what a pipeline on one
   * machine fills; it bounds a connection to about 128 KiB per round trip. Raised: as above.
   */
  pushKernelBytes: 64 * 1024,
  /** One frame: the largest body of a message, 64 MiB. Raised: what one peer can make this process allocate at once. */
  frameBytesMax: 64 * 1024 * 1024,
  /**
   * Messages read from one socket before the event loop turns. Timers and other sockets wait that long: 128 batches of
   * 256 tasks are some 20 to 50 ms of work, 128 single messages about 1 ms. Raised: the longest turn.
   */
  messagesPerTurnMax: 128,
  /** What was handed over has this long to leave when a link closes. Raised: how long a process may take to end. */
  lingerMs: 250,
  /**
   * The longest wait before the first new attempt to connect; the wait doubles while nobody is there, up to the maximum.
   * Raised: time without work after a restart; lowered: attempts at a dead address.
   */
  reconnectMs: 100,
  reconnectMsMax: 500,
  /** From a connection to the end of its handshake. I/O threads alone take part in it. Raised: time lost on a dead peer. */
  handshakeMs: 5_000,
  /** An attempt to connect; a host that swallows packets is tried again after this. Raised: the same. */
  connectMs: 5_000,
  /**
   * Probes of the kernel on a connection that carries nothing: finds those that a firewall or a pulled cable ended without
   * a word. They say nothing of the processes behind. Raised: time until a server lets go of such a connection.
   */
  keepaliveIdleSeconds: 10,
  keepaliveIntervalSeconds: 2,
  keepaliveCount: 5,
  /**
   * A client that has heard its server, and then nothing for this long, makes its connection anew: a kernel with data under
   * way asks no probe. Thirty heartbeats; a server that is only stuck is not left for less. Less than a ventilator waits
   * for a sink, so that no share is moved away from one that lives. Raised: time without work after a network that
   * swallows packets; lowered: connections made anew because a server was busy.
   */
  silenceMs: 24_000,
  /**
   * Messages of events on their way to one subscriber, per side; more are dropped for it. Mostly of some 1 KiB, at most
   * of some 32. ZeroMQ's default is 1,000. Raised: memory per subscriber that does not read; lowered: gaps in bursts.
   */
  eventMessagesMax: 1_024,
  /** Subscriptions on their way to one publisher. There is one for each prefix and subscriber behind a proxy. */
  subscriptionsMax: 65_536,
  /** One subscription. Raised: what a stranger can make a publisher remember. */
  subscriptionBytesMax: 4_096,
  /** Connections that may wait to be accepted: a whole cluster that starts at once. Raised: kernel memory. */
  acceptBacklogMax: 1_024,
  /** Within the process, what was read is acknowledged at the end of a turn, or after so many. Raised: idle senders. */
  inprocReadMax: 16,
  /**
   * A name within the process that is taken is tried again, for a quarter of a second in all: a thread that ends lets go of its
   * names a moment later. Raised: the time until a name that is taken for good is refused.
   */
  inprocNameTries: 10,
  inprocNameRetryMs: 25,
  /** Nobody has bound that name within the process for so long: said. A start in any order takes less. Raised: later said. */
  inprocUnansweredMs: 1_000,
} as const;
