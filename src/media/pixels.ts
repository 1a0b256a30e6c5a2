/**
 * @file The loops over pixels, as WebAssembly with SIMD: at full speed from the first call on, which in JavaScript is
 * ten times slower than later ones. Source: pixels.wat. Runs where ONNX Runtime runs: Node and browsers since 2023.
 */
import { WASM } from './pixels-wasm.ts';

/** Addresses and sizes are in bytes; pixels.wat says what each function does. */
export interface PixelLoops {
  memory: WebAssembly.Memory;
  alongRows(
    from: number,
    fromStride: number,
    rows: number,
    to: number,
    toStride: number,
    entries: number,
    outputs: number,
    weights: number,
    each: number,
    red: number,
    green: number,
    blue: number,
  ): void;
  alongColumns(
    from: number,
    stride: number,
    to: number,
    weights: number,
    pairs: number,
    outside: number,
    colours: number,
  ): void;
  toPlanes(from: number, pixels: number, table: number, to: number, planeBytes: number): void;
}

/** The loops may touch so many bytes beyond the end of what they are given. */
export const SLACK = 16;

const PAGE = 65_536;
/** Memory of WebAssembly never shrinks: what needed more than this is given back by forgetting the instance. */
const KEPT_PAGES = 256;

let module: WebAssembly.Module | undefined;
let kept: PixelLoops | undefined;

/** The loops with at least `bytes` of memory, whose content is arbitrary. To be used up before the next call. */
export function pixelLoops(bytes: number): PixelLoops {
  module ??= new WebAssembly.Module(Uint8Array.from(atob(WASM), (c) => c.charCodeAt(0)));
  const loops = kept ?? (new WebAssembly.Instance(module).exports as unknown as PixelLoops);
  const pages = Math.ceil(bytes / PAGE);
  const missing = pages - loops.memory.buffer.byteLength / PAGE;
  if (missing > 0) loops.memory.grow(missing);
  kept = pages <= KEPT_PAGES ? loops : undefined;
  return loops;
}
