/**
 * The loop of a storage thread: takes what has come in, writes it as one transaction, says so, and looks after the file when
 * nothing comes.
 *
 * A thread of its own, because a commit waits for the disk and SQLite in Node is synchronous: on the main thread, a disk that
 * takes 300 ms to sync would stop heartbeats, sockets and every other task for as long.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { invariant } from "../contract/index.ts";
import { GroupCommit } from "./group-commit.ts";
import type { WritableFile } from "./open-database.ts";
import { storageError } from "./storage-error.ts";
import { StorageFaults } from "./storage-faults.ts";
import {
  type FromStorage,
  type Parcel,
  type StorageThreadData,
  type StorageTypes,
  type ToStorage,
  toPlainError,
} from "./storage-messages.ts";

/** A file as its thread serves it. All is synchronous; SQLite's errors pass through. */
export interface ServedFile<T extends StorageTypes> {
  readonly file: WritableFile;
  readonly opened: T["opened"];
  /** What is in it, part by part, each sent at once. Read to its end before anything is written. */
  contents?(): Iterable<Parcel<T["content"]>>;
  /** Inside a transaction. Gives about how many bytes it wrote. */
  write(change: T["change"]): number;
  /** Whether a change needs lasting room. On a full disk only those that do not are written. Default: all do. */
  grows?(change: T["change"]): boolean;
  /** Sees all that was written before it was asked. */
  answer?(query: T["query"]): Parcel<T["answer"]>;
}

/** Quiet for so long, the file is tidied. */
const idleMs = 100;
/** Longest tidying when it is closed. */
const lastTidyingMs = 500;

/** Called once, by the module that is a thread's file. `open`'s errors reach whoever started the thread. */
export function serveStorage<T extends StorageTypes>(open: (settings: T["settings"]) => ServedFile<T>): void {
  const port = parentPort;
  invariant(port !== null, "a storage is served in a thread");
  const data = workerData as StorageThreadData<T["settings"]>;
  const say = (message: FromStorage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  let served: ServedFile<T> | undefined;
  try {
    served = open(data.settings);
    for (const { value, transfer } of served.contents?.() ?? [])
      say({ type: "content", content: value }, transfer);
    say({ type: "opened", opened: served.opened });
  } catch (error) {
    served?.file.abandon();
    const subject = served?.file.subject ?? { noun: "file", file: "" };
    say({ type: "failed", error: toPlainError(storageError(error, subject)) });
    port.close();
    return;
  }
  new StorageLoop(served, { port, say, data }).start();
}

interface Surroundings {
  readonly port: MessagePort;
  readonly say: (message: FromStorage, transfer?: readonly ArrayBuffer[]) => void;
  readonly data: StorageThreadData;
}

class StorageLoop<T extends StorageTypes> {
  readonly #served: ServedFile<T>;
  readonly #around: Surroundings;
  readonly #commits: GroupCommit<T["change"]>;
  #syncTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(served: ServedFile<T>, around: Surroundings) {
    this.#served = served;
    this.#around = around;
    const { durability, faults } = around.data;
    this.#commits = new GroupCommit({
      file: served.file,
      write: (change) => served.write(change),
      grows: (change) => served.grows?.(change) ?? true,
      durability,
      faults: faults === undefined ? undefined : new StorageFaults(faults),
    });
  }

  start(): void {
    const { port } = this.#around;
    port.on("message", (message: ToStorage) =>
      this.#orFail(() => this.#take([message, ...receiveWaiting(port)])),
    );
    this.#tidyWhenIdle();
  }

  #take(messages: readonly ToStorage[]): void {
    if (this.#isOver) return;
    const writes = messages.filter((message) => message.type === "write");
    const last = writes.at(-1);
    if (last !== undefined) {
      const isWritten = this.#commits.commit(writes.map(({ change }) => change));
      this.#around.say({ type: isWritten ? "written" : "full", number: last.number });
    }
    for (const message of messages) if (message.type === "query") this.#answer(message);
    if (messages.some(({ type }) => type === "close")) return this.#close();
    if (last !== undefined) this.#commits.tidy();
    if (this.#commits.hasUnsynced) this.#syncLater();
    this.#tidyWhenIdle();
  }

  #answer({ id, query }: { id: number; query: T["query"] }): void {
    const { say } = this.#around;
    try {
      const answer = this.#served.answer?.(query);
      say({ type: "answer", id, answer: answer?.value }, answer?.transfer);
    } catch (error) {
      say({ type: "refused", id, error: toPlainError(storageError(error, this.#served.file.subject)) });
    }
  }

  #syncLater(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      this.#orFail(() => {
        if (!this.#commits.sync()) this.#syncLater();
      });
    }, this.#around.data.syncIntervalMs);
  }

  #tidyWhenIdle(delayMs = idleMs): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      this.#orFail(() => {
        if (this.#commits.tidyIdle()) this.#tidyWhenIdle(0);
      });
    }, delayMs);
  }

  #close(): void {
    this.#end();
    const until = performance.now() + lastTidyingMs;
    while (this.#commits.tidyIdle() && performance.now() < until);
    this.#served.file.close();
    this.#around.say({ type: "closed" });
    this.#around.port.close();
  }

  /** After a failure nothing is written any more: what the disk holds is not known. */
  #orFail(run: () => void): void {
    if (this.#isOver) return;
    try {
      run();
    } catch (error) {
      this.#end();
      const { file } = this.#served;
      file.abandon();
      this.#around.say({ type: "failed", error: toPlainError(storageError(error, file.subject)) });
      this.#around.port.close();
    }
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#idleTimer);
  }
}

function* receiveWaiting(port: MessagePort): Iterable<ToStorage> {
  for (;;) {
    const received = receiveMessageOnPort(port);
    if (received === undefined) return;
    yield received.message as ToStorage;
  }
}
