import { describe, expect, it } from 'vitest';
import { emojiList } from './emoji-list.ts';
import { HELD_OUT_STYLES, STYLE_SETS, spriteOrigins, styleVersion, TRAINING_STYLES } from './style-sets.ts';

describe('style sets', () => {
  it('never trains on the held-out styles, nor on share-alike or closed ones', () => {
    expect(HELD_OUT_STYLES).toEqual(['openmoji', 'apple', 'facebook']);
    for (const id of TRAINING_STYLES) {
      expect(HELD_OUT_STYLES).not.toContain(id);
      const set = STYLE_SETS.find((candidate) => candidate.id === id);
      expect(set?.licence).toMatch(/^(MIT|Apache-2\.0|CC-BY-4\.0)$/);
      expect(set?.package).not.toMatch(/apple|facebook|openmoji/);
    }
  });

  it('finds the drawings of each style, each concept at most once', () => {
    const slugs = new Set(emojiList().map((entry) => entry.slug));
    const counts = Object.fromEntries(
      STYLE_SETS.map((set) => {
        const origins = spriteOrigins(set);
        expect(new Set(origins.map((origin) => origin.slug)).size).toBe(origins.length);
        expect(origins.every((origin) => slugs.has(origin.slug))).toBe(true);
        expect(styleVersion(set)).toMatch(/^\d+\.\d+\.\d+/);
        return [set.id, origins.length];
      }),
    );
    for (const id of ['noto', 'twemoji', 'fluent-emoji-flat', 'google', 'fluent-3d', 'openmoji', 'apple', 'facebook'])
      expect(counts[id], id).toBe(849);
    expect(counts['fluent-emoji']).toBeGreaterThan(840);
    for (const id of ['emojione', 'noto-v1']) expect(counts[id], id).toBeGreaterThan(640);
    expect(counts.fxemoji).toBeGreaterThan(360);
    expect(counts['streamline-emojis']).toBeGreaterThan(280);
  });

  it('leaves out what a similar name finds wrongly', () => {
    const firefox = STYLE_SETS.find((set) => set.id === 'fxemoji');
    const slugs = firefox === undefined ? [] : spriteOrigins(firefox).map((origin) => origin.slug);
    expect(slugs).toContain('red-apple');
    expect(slugs).not.toContain('sunglasses');
  });
});
