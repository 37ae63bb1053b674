/** What a sink's core reports. The shell makes log lines of it; nothing here happens per task on the ordinary way. */
import type { EndReason } from "@tq/common/protocol";
import type { Role, SessionId } from "@tq/common/wire";

export interface TaskRef {
  readonly taskId: string;
  readonly traceId: string;
}

export type SinkEvent =
  | {
      readonly type: "worker.joined" | "ventilator.joined";
      readonly session: SessionId;
      readonly name: string;
    }
  | {
      readonly type: "worker.left" | "ventilator.left";
      readonly session: SessionId;
      readonly name: string;
      readonly reason: EndReason;
    }
  | {
      readonly type: "peer.refused";
      readonly name: string;
      readonly role: Role;
      readonly code: string;
      readonly message: string;
    }
  /** A peer broke the rules: told the first time, then at each power of two. */
  | {
      readonly type: "peer.violation";
      /** Absent where the bytes were no message. */
      readonly name: string | undefined;
      readonly reason: string;
      /** Violations so far, by anybody. */
      readonly count: number;
    }
  /** No loop reads these results, so their workers will stop: told after a while, then after 1, 2, 4, … minutes. */
  | {
      readonly type: "sink.unread";
      readonly task: string;
      readonly contract: string | undefined;
      readonly waiting: number;
      readonly waitingBytes: number;
      readonly unreadMs: number;
    }
  /** The sink closes while results are not committed. Their workers keep them. */
  | {
      readonly type: "results.left";
      readonly count: number;
      /** The first of them. */
      readonly tasks: readonly TaskRef[];
    };
