/** Events on their way out of a process, and into one: streams to loop over, sockets to publish at. */
export {};
