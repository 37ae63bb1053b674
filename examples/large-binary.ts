/**
 * Video frames through workers, and back in their order. A large buffer is not copied into a message: it travels beside it.
 *
 *   node examples/large-binary.ts [FRAMES]
 */
import { defineTask, handler, startVentilator, type } from "@tq/ventilator";
import { startWorker } from "@tq/worker";

const width = 1920;
const height = 1080;
const count = Number(process.argv[2] ?? 60);

interface Frame {
  number: number;
  /** Red, green, blue. */
  pixels: Buffer;
}

const negative = defineTask({ name: "video.negative", input: type<Frame>(), output: type<Frame>() });

// What arrives is the handler's own: it may be changed in place, and sent back as it is.
const inverting = handler(negative, (frame) => {
  const words = new Uint32Array(frame.pixels.buffer, frame.pixels.byteOffset, frame.pixels.length / 4);
  for (let at = 0; at < words.length; at++) words[at] = ~(words[at] ?? 0);
  return frame;
});

/** Read one by one, as from a camera: no further than there is room for their bytes. */
function* camera(): Generator<Frame> {
  for (let number = 0; number < count; number++) {
    yield { number, pixels: Buffer.alloc(width * height * 3, number) };
  }
}

await using ventilator = await startVentilator({ workers: "tcp://127.0.0.1:*" });
const ventilators = [ventilator.endpoints.workers];
// Computing takes a process each, or a machine; here two workers share this one.
await using _one = await startWorker({ ventilators, handlers: [inverting], name: "one", concurrency: 1 });
await using _two = await startWorker({ ventilators, handlers: [inverting], name: "two", concurrency: 1 });

let bytes = 0;
let next = 0;
const startedAt = performance.now();
for await (const { number, pixels } of ventilator.map(negative, camera())) {
  const isRight = number === next && pixels[0] === 255 - (number % 256) && pixels.at(-1) === pixels[0];
  if (!isRight) throw new Error(`frame ${number} came out of order, or spoiled`);
  bytes += 2 * pixels.length;
  next += 1;
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(`${next} frames of ${width}x${height}, in order`);
console.log(`${(bytes / 1e6 / seconds).toFixed(0)} MB/s there and back`);
