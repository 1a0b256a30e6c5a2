;; The loops over pixels that are too slow in JavaScript, above all in a process that has just started and has compiled
;; nothing yet. `node scripts/assemble-pixels.mjs` makes pixels-wasm.ts of this file.
;;
;; Weights have 22 bits after the point. They come split into w = high·2^15 + low, so that both halves fit the signed
;; 16 bits that `dot` multiplies; sums are modulo 2^32 throughout, so the split changes nothing. A pair is the weights of
;; two taps, 8 bytes: two high halves, two low ones. Taps that fill up the last pairs have weight zero.
(module
  (memory (export "memory") 1)

  ;; Resizes rows of 3-byte pixels. For each output there is an entry of 16 bytes: where its first tap lies in the row,
  ;; how many blocks of two pairs it has, and the weight of the colour around the picture; and `each` bytes of pairs.
  ;; Writes 1 byte, and reads up to 13 bytes, beyond the end of a row.
  (func (export "alongRows")
    (param $from i32) (param $fromStride i32) (param $rows i32)
    (param $to i32) (param $toStride i32)
    (param $entries i32) (param $outputs i32) (param $weights i32) (param $each i32)
    (param $red i32) (param $green i32) (param $blue i32)
    (local $x i32) (local $out i32) (local $entry i32) (local $own i32)
    (local $at i32) (local $weight i32) (local $blocks i32)
    (local $high v128) (local $low v128) (local $pixels v128) (local $pair v128)
    (local $colour v128) (local $first v128) (local $second v128)
    (local.set $colour
      (i32x4.replace_lane 2
        (i32x4.replace_lane 1 (i32x4.splat (local.get $red)) (local.get $green))
        (local.get $blue)))
    ;; Of four pixels the first two and the last two, as 16-bit r r g g b b 0 0.
    (local.set $first (v128.const i8x16 0 255 3 255 1 255 4 255 2 255 5 255 255 255 255 255))
    (local.set $second (v128.const i8x16 6 255 9 255 7 255 10 255 8 255 11 255 255 255 255 255))
    (if (i32.or (i32.eqz (local.get $rows)) (i32.eqz (local.get $outputs))) (then (return)))
    (loop $nextRow
      (local.set $x (local.get $outputs))
      (local.set $out (local.get $to))
      (local.set $entry (local.get $entries))
      (local.set $own (local.get $weights))
      (loop $nextOutput
        (local.set $at (i32.add (local.get $from) (i32.load (local.get $entry))))
        (local.set $blocks (i32.load offset=4 (local.get $entry)))
        (local.set $weight (local.get $own))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $low
          (i32x4.add
            (v128.const i32x4 0x200000 0x200000 0x200000 0x200000)
            (i32x4.mul (v128.load32_splat offset=8 (local.get $entry)) (local.get $colour))))
        (if (local.get $blocks) (then
          (loop $nextBlock
            (local.set $pixels (v128.load (local.get $at)))
            (local.set $pair (i8x16.swizzle (local.get $pixels) (local.get $first)))
            (local.set $high (i32x4.add (local.get $high)
              (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat (local.get $weight)))))
            (local.set $low (i32x4.add (local.get $low)
              (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=4 (local.get $weight)))))
            (local.set $pair (i8x16.swizzle (local.get $pixels) (local.get $second)))
            (local.set $high (i32x4.add (local.get $high)
              (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=8 (local.get $weight)))))
            (local.set $low (i32x4.add (local.get $low)
              (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=12 (local.get $weight)))))
            (local.set $at (i32.add (local.get $at) (i32.const 12)))
            (local.set $weight (i32.add (local.get $weight) (i32.const 16)))
            (br_if $nextBlock (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1)))))))
        (local.set $low
          (i32x4.shr_s
            (i32x4.add (local.get $low) (i32x4.shl (local.get $high) (i32.const 15)))
            (i32.const 22)))
        (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
        (v128.store32_lane 0 (local.get $out) (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
        (local.set $out (i32.add (local.get $out) (i32.const 3)))
        (local.set $entry (i32.add (local.get $entry) (i32.const 16)))
        (local.set $own (i32.add (local.get $own) (local.get $each)))
        (br_if $nextOutput (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))
      (local.set $from (i32.add (local.get $from) (local.get $fromStride)))
      (local.set $to (i32.add (local.get $to) (local.get $toStride)))
      (br_if $nextRow (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; One row of `stride` bytes, a multiple of 8, from the rows that begin at `from`, two for each pair. `outside` is the
  ;; weight of the colour around the picture, of which `colours` holds a row.
  (func (export "alongColumns")
    (param $from i32) (param $stride i32) (param $to i32)
    (param $weights i32) (param $pairs i32) (param $outside i32) (param $colours i32)
    (local $end i32) (local $at i32) (local $weight i32) (local $left i32)
    (local $bytes v128) (local $pair v128) (local $highs v128) (local $lows v128)
    (local $highA v128) (local $highB v128) (local $lowA v128) (local $lowB v128)
    (local.set $end (i32.add (local.get $to) (local.get $stride)))
    (loop $nextColumns
      (local.set $bytes (v128.load8x8_u (local.get $colours)))
      (local.set $lowA (i32x4.add
        (v128.const i32x4 0x200000 0x200000 0x200000 0x200000)
        (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $bytes)) (i32x4.splat (local.get $outside)))))
      (local.set $lowB (i32x4.add
        (v128.const i32x4 0x200000 0x200000 0x200000 0x200000)
        (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $bytes)) (i32x4.splat (local.get $outside)))))
      (local.set $highA (v128.const i32x4 0 0 0 0))
      (local.set $highB (v128.const i32x4 0 0 0 0))
      (local.set $at (local.get $from))
      (local.set $weight (local.get $weights))
      (local.set $left (local.get $pairs))
      (if (local.get $left) (then
        (loop $nextPair
          (local.set $highs (v128.load32_splat (local.get $weight)))
          (local.set $lows (v128.load32_splat offset=4 (local.get $weight)))
          ;; Two rows side by side: 16-bit a₀ b₀ a₁ b₁ …
          (local.set $bytes (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
            (v128.load64_zero (local.get $at))
            (v128.load64_zero (i32.add (local.get $at) (local.get $stride)))))
          (local.set $pair (i16x8.extend_low_i8x16_u (local.get $bytes)))
          (local.set $highA (i32x4.add (local.get $highA) (i32x4.dot_i16x8_s (local.get $pair) (local.get $highs))))
          (local.set $lowA (i32x4.add (local.get $lowA) (i32x4.dot_i16x8_s (local.get $pair) (local.get $lows))))
          (local.set $pair (i16x8.extend_high_i8x16_u (local.get $bytes)))
          (local.set $highB (i32x4.add (local.get $highB) (i32x4.dot_i16x8_s (local.get $pair) (local.get $highs))))
          (local.set $lowB (i32x4.add (local.get $lowB) (i32x4.dot_i16x8_s (local.get $pair) (local.get $lows))))
          (local.set $at (i32.add (local.get $at) (i32.shl (local.get $stride) (i32.const 1))))
          (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
          (br_if $nextPair (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
      (local.set $lowA (i32x4.shr_s
        (i32x4.add (local.get $lowA) (i32x4.shl (local.get $highA) (i32.const 15))) (i32.const 22)))
      (local.set $lowB (i32x4.shr_s
        (i32x4.add (local.get $lowB) (i32x4.shl (local.get $highB) (i32.const 15))) (i32.const 22)))
      (local.set $lowA (i16x8.narrow_i32x4_s (local.get $lowA) (local.get $lowB)))
      (v128.store64_lane 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $lowA) (local.get $lowA)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (local.set $colours (i32.add (local.get $colours) (i32.const 8)))
      (br_if $nextColumns
        (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 8))) (local.get $end)))))

  ;; 3-byte pixels to three planes of float32, `planeBytes` apart, by a table of 256 values for each channel.
  (func (export "toPlanes")
    (param $from i32) (param $pixels i32) (param $table i32) (param $to i32) (param $planeBytes i32)
    (local $green i32) (local $blue i32)
    (local.set $green (i32.add (local.get $to) (local.get $planeBytes)))
    (local.set $blue (i32.add (local.get $green) (local.get $planeBytes)))
    (if (i32.eqz (local.get $pixels)) (then (return)))
    (loop $nextPixel
      (f32.store (local.get $to) (f32.load
        (i32.add (local.get $table) (i32.shl (i32.load8_u (local.get $from)) (i32.const 2)))))
      (f32.store (local.get $green) (f32.load offset=1024
        (i32.add (local.get $table) (i32.shl (i32.load8_u offset=1 (local.get $from)) (i32.const 2)))))
      (f32.store (local.get $blue) (f32.load offset=2048
        (i32.add (local.get $table) (i32.shl (i32.load8_u offset=2 (local.get $from)) (i32.const 2)))))
      (local.set $from (i32.add (local.get $from) (i32.const 3)))
      (local.set $to (i32.add (local.get $to) (i32.const 4)))
      (local.set $green (i32.add (local.get $green) (i32.const 4)))
      (local.set $blue (i32.add (local.get $blue) (i32.const 4)))
      (br_if $nextPixel (local.tee $pixels (i32.sub (local.get $pixels) (i32.const 1))))))
)
