/** For whoever runs workers on behalf of others, in processes or threads: handlers from files, restarts, a lent heart. */
export { type HeartMemory, type LentHeart, readLentHeart } from "./lent-heart.ts";
export { type HandlerFile, loadHandlers } from "./load-handlers.ts";
export { defaultRestartLimits, type RestartLimits, RestartPolicy } from "./restart-policy.ts";
