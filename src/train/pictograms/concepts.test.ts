import { expect, test } from 'vitest';
import { LlavaMiniError } from '../../errors.ts';
import { parseConceptLines } from './concept-lines.ts';
import { conceptOf, conceptOfShape, conceptOfSlug, namedConcepts, shapeConcepts } from './concepts.ts';
import { emojiList } from './emoji-list.ts';
import { isOfKind, kindOf } from './kinds.ts';
import { SHAPE_NAMES } from './shapes.ts';

test('every drawing belongs to exactly one concept', () => {
  const slugs = namedConcepts().flatMap((concept) => concept.slugs);
  expect([...slugs].sort()).toEqual(
    emojiList()
      .map((entry) => entry.slug)
      .sort(),
  );
  const codepoints = namedConcepts().flatMap((concept) => concept.codepoints);
  expect(new Set(codepoints).size).toBe(slugs.length);
});

test('names and ids are unique, kinds are known, no synonym repeats the name', () => {
  const concepts = namedConcepts();
  expect(concepts.length).toBeGreaterThan(600);
  expect(concepts.length).toBeLessThan(750);
  expect(new Set(concepts.map((concept) => concept.id)).size).toBe(concepts.length);
  expect(new Set(concepts.map((concept) => concept.name)).size).toBe(concepts.length);
  for (const concept of concepts) {
    for (const kind of [concept.kind, ...concept.alsoKinds]) expect(kindOf(kind).id).toBe(kind);
    expect(concept.synonyms, concept.name).not.toContain(concept.name);
    expect(concept.plural).not.toBe('');
  }
});

test.each([
  ['cat-face', 'cat'],
  ['black-cat', 'cat'],
  ['poodle', 'dog'],
  ['full-moon', 'moon'],
  ['five-thirty', 'clock'],
  ['globe-showing-americas', 'globe'],
  ['orange-book', 'book'],
  ['hot-beverage', 'coffee'],
  ['oncoming-automobile', 'car'],
])('%s is a %s', (slug, name) => {
  expect(conceptOfSlug(slug).name).toBe(name);
  expect(conceptOf({ concept: slug }).name).toBe(name);
});

test('a cock is a rooster and a hog is a pig', () => {
  expect(conceptOfSlug('rooster').synonyms).toContain('cock');
  expect(conceptOfSlug('pig').synonyms).toContain('hog');
});

test('lines give use, plural, drawings and further kinds', () => {
  const [coffee, scissors, wolf, tomato] = parseConceptLines(
    '@drink\ncoffee ~ / cups of coffee = hot-beverage ; tea\nscissors #\nwolf / wolves\ntomato / tomatoes ; +vegetable, love apple\n',
  );
  expect(coffee).toMatchObject({ use: 'mass', article: '', plural: 'cups of coffee', slugs: ['hot-beverage'] });
  expect(scissors).toMatchObject({ use: 'plural', plural: 'scissors', slugs: ['scissors'], synonyms: [] });
  expect(wolf).toMatchObject({ use: 'count', article: 'a', plural: 'wolves' });
  expect(tomato).toMatchObject({ alsoKinds: ['vegetable'], synonyms: ['love apple'], kind: 'drink' });
});

test('shapes have names; those of the emoji sets are the same things', () => {
  expect(shapeConcepts().map((concept) => concept.name)).toEqual(SHAPE_NAMES);
  expect(conceptOf({ concept: 'star', shape: true }).id).toBe(conceptOfSlug('star').id);
  expect(conceptOfShape('circle')).toMatchObject({ kind: 'shape', plural: 'circles' });
});

test('kinds include finer kinds and leave doubtful ones open', () => {
  expect(isOfKind(conceptOfSlug('cat'), 'animal')).toBe(true);
  expect(isOfKind(conceptOfSlug('cat'), 'vehicle')).toBe(false);
  expect(isOfKind(conceptOfSlug('red-apple'), 'food')).toBe(true);
  expect(isOfKind(conceptOfSlug('tomato'), 'vegetable')).toBeNull();
});

test('what is unknown is a typed error', () => {
  expect(() => conceptOfSlug('perpetuum-mobile')).toThrow(LlavaMiniError);
  expect(() => conceptOfShape('tesseract')).toThrow(LlavaMiniError);
  expect(() => kindOf('nonsense')).toThrow(LlavaMiniError);
  expect(() => parseConceptLines('cat')).toThrow(LlavaMiniError);
  expect(() => parseConceptLines('@animal\n= cat')).toThrow(LlavaMiniError);
});
