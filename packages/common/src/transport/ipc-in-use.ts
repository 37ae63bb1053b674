/**
 * Whether somebody listens at a Unix socket's path. A bind would not find out: it removes the file first, since a process
 * that crashed leaves one behind, and so takes the address away from one that lives.
 */
import { connect } from "node:net";

export function isIpcInUse(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path.startsWith("@") ? `\0${path.slice(1)}` : path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
