/** Every limit of the links, in one place, with the reason for the figure and what grows if it is raised. */
export const linkLimits = {
  /**
   * Messages on their way to one peer, per side of the link: ZeroMQ's high-water marks. A session keeps at most half of
   * this unacknowledged, so that heartbeats and repeats always find room. Raised: memory per peer that does not read,
   * times the size of a batch.
   */
  pipeMessagesMax: 64,
  /** One frame: the largest body of a message, 64 MiB. Raised: what one peer can make this process allocate at once. */
  frameBytesMax: 64 * 1024 * 1024,
  /**
   * Messages read from one socket before the event loop turns. Timers and other sockets wait that long: 256 batches of
   * 256 tasks are about 50 ms of work, 256 single messages about 1 ms. Raised: the longest turn.
   */
  messagesPerTurnMax: 256,
  /** What was handed over has this long to leave when a link closes. Raised: how long a process may take to end. */
  lingerMs: 250,
} as const;
