/** All that can go wrong, by name. */
import type { FaultKind } from "../fault.ts";
import { clonedBootId } from "./cloned-boot-id.ts";
import { crash } from "./crash.ts";
import { cut } from "./cut.ts";
import { disorder } from "./disorder.ts";
import { drift } from "./drift.ts";
import { failedSync } from "./failed-sync.ts";
import { flapping } from "./flapping.ts";
import { fullDisk } from "./full-disk.ts";
import { isolation } from "./isolation.ts";
import { leave } from "./leave.ts";
import { lostDisk } from "./lost-disk.ts";
import { noise } from "./noise.ts";
import { partition } from "./partition.ts";
import { slowDisk } from "./slow-disk.ts";
import { stall } from "./stall.ts";
import { wallJump } from "./wall-jump.ts";
import { workerCrash } from "./worker-crash.ts";

export const faultKinds: readonly FaultKind[] = [
  clonedBootId,
  crash,
  cut,
  disorder,
  drift,
  failedSync,
  flapping,
  fullDisk,
  isolation,
  leave,
  lostDisk,
  noise,
  partition,
  slowDisk,
  stall,
  wallJump,
  workerCrash,
];
