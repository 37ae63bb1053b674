/** Reads `+PID` and `-PID`, and kills who is left when there is nothing more to read: see `reaper.ts`. */
import { createInterface } from "node:readline";

const alive = new Set<number>();
for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith("+")) alive.add(pid);
  else alive.delete(pid);
}
for (const pid of alive) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}
