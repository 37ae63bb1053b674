/**
 * A disk that a test can fill: a small file system in memory. It takes the right to mount one; where that is missing nothing
 * is filled, which is said.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class SmallDisk implements Disposable {
  readonly folder: string;
  readonly #filler: string;

  /** 32 MiB. Nothing where this process may not mount. */
  static mount(): SmallDisk | undefined {
    const folder = mkdtempSync(join(tmpdir(), "tq-disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=32m", "none", folder], { stdio: "ignore" });
    } catch {
      rmSync(folder, { recursive: true });
      console.warn("no disk was filled: this process may not mount one");
      return undefined;
    }
    return new SmallDisk(folder);
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.#filler = join(folder, "filler");
  }

  /** All but a MiB is somebody else's. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.folder);
    writeFileSync(this.#filler, new Uint8Array(bavail * bsize - 1_024 * 1_024));
  }

  makeRoom(): void {
    rmSync(this.#filler);
  }

  [Symbol.dispose](): void {
    execFileSync("umount", ["--lazy", this.folder]);
    rmSync(this.folder, { recursive: true });
  }
}
