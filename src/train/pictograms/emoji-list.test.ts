import { describe, expect, it } from 'vitest';
import { emojiList, packagePath, plainCodepoints, readPackageJson } from './emoji-list.ts';

describe('emoji list', () => {
  it('has 849 concepts with unique slugs and code points, none of people, flags or symbols', () => {
    const list = emojiList();
    expect(list).toHaveLength(849);
    expect(new Set(list.map((entry) => entry.slug)).size).toBe(849);
    expect(new Set(list.map((entry) => entry.codepoints)).size).toBe(849);
    expect([...new Set(list.map((entry) => entry.category))].sort()).toEqual([
      'Activities',
      'Animals & Nature',
      'Food & Drink',
      'Objects',
      'Travel & Places',
    ]);
    expect(list.find((entry) => entry.slug === 'red-apple')).toMatchObject({ codepoints: '1f34e', shortName: 'apple' });
  });

  it('spells code points without leading zeros and variation selectors', () => {
    expect(plainCodepoints('2600-FE0F')).toBe('2600');
    expect(plainCodepoints('0023-fe0f-20e3')).toBe('23-20e3');
  });

  it('says which package is missing', () => {
    for (const read of [() => readPackageJson('@nobody/nothing/x.json'), () => packagePath('@nobody/nothing')])
      expect(read).toThrow(expect.objectContaining({ code: 'not-found', message: expect.stringContaining('@nobody') }));
  });
});
