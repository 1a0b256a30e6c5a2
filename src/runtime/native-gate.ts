/**
 * @file A thread that ends while it is inside ONNX Runtime takes the whole process down with it. So the engine's
 * worker says when it is inside, and whoever wants to end it closes the gate and waits until it is outside.
 */

/** What both threads see: is the gate closed, is the worker inside. */
export type Gate = Int32Array;

const CLOSED = 0;
const INSIDE = 1;

export function makeGate(): Gate {
  return new Int32Array(new SharedArrayBuffer(8));
}

let gate: Gate | null = null;

/** In the worker: from now on `insideNative` minds this gate. */
export function mindGate(its: Gate): void {
  gate = its;
}

/** Runs something that goes into ONNX Runtime. Once the gate is closed, the thread rests here until it is ended. */
export async function insideNative<T>(run: () => Promise<T>): Promise<T> {
  if (!gate) return run();
  Atomics.store(gate, INSIDE, 1);
  if (Atomics.load(gate, CLOSED)) {
    leave(gate);
    Atomics.wait(gate, CLOSED, 1);
  }
  try {
    return await run();
  } finally {
    leave(gate);
  }
}

function leave(gate: Gate): void {
  Atomics.store(gate, INSIDE, 0);
  Atomics.notify(gate, INSIDE);
}

/** Closes a gate and waits until the worker is outside, blocking this thread: for the end of the process. */
export function closeGateNow(gate: Gate): void {
  Atomics.store(gate, CLOSED, 1);
  Atomics.wait(gate, INSIDE, 1, LONGEST_RUN);
}

/** Closes a gate and waits until the worker is outside. */
export async function closeGate(gate: Gate): Promise<void> {
  Atomics.store(gate, CLOSED, 1);
  while (Atomics.load(gate, INSIDE)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Milliseconds; a run is one chunk of a prompt at most. */
const LONGEST_RUN = 60_000;
