import { expect, test } from 'vitest';
import { object, scene as sceneOf } from '../../../test/support/made-scene.ts';
import { Random } from '../../util/random.ts';
import { conceptOfSlug, namedConcepts } from './concepts.ts';
import { imaginedScene } from './corpus.ts';
import { photoClasses } from './imagenet.ts';
import { askAbout, QUESTION_KINDS, type Question, type QuestionKind } from './questions.ts';
import { isClearlyBigger } from './questions-bigger.ts';
import { asksForWord, fineQuestion, nameQuestion } from './questions-name.ts';
import { askAboutPhotograph } from './questions-photograph.ts';
import { relationOf } from './questions-relation.ts';
import { confusable } from './questions-thing.ts';
import { cellOf } from './questions-where.ts';
import type { Scene, SceneObject } from './types.ts';

function scene(objects: SceneObject[], more: Partial<Scene> = {}): Scene {
  return { ...sceneOf(...objects), ...more };
}

/** Many questions of one kind about a scene. */
function many(of: Scene, kind: QuestionKind, times = 200): Question[] {
  return Array.from({ length: times }, (_, i) =>
    askAbout(of, new Random(i), namedConcepts(), { kinds: [kind] }),
  ).flat();
}

const catAndDog = scene([
  object('cat', 0.2, 0.5, { colour: 'red' }),
  object('dog', 0.75, 0.5, { colour: 'blue' }, 0.4),
]);

test('same seed, same questions', () => {
  const ask = () => askAbout(imaginedScene('one'), new Random(7));
  expect(ask()).toEqual(ask());
});

test('imagined scenes get every kind of question, without open places', () => {
  const kinds = new Set<string>();
  for (let i = 0; i < 250; i++)
    for (const { kind, question, answer } of askAbout(imaginedScene(`scene ${i}`, 'AB3'), new Random(i))) {
      kinds.add(kind);
      expect(question).not.toMatch(/[{}]|undefined|null/);
      expect(answer).not.toMatch(/[{}]|undefined|null/);
      expect(question.split(' ').length, question).toBeLessThan(34);
    }
  expect([...kinds].sort()).toEqual([...QUESTION_KINDS].sort());
});

test('a name is answered in a sentence, or in a word where asked', () => {
  const cat = conceptOfSlug('cat');
  const wordings = new Set<string>();
  for (let i = 0; i < 300; i++) {
    const { question, answer } = nameQuestion(cat, new Random(i));
    expect(answer).toBe(asksForWord(question) ? 'cat' : 'It is a cat.');
    wordings.add(question);
  }
  expect(wordings.size).toBeGreaterThan(40);
});

test('yes and no are as frequent', () => {
  const questions = Array.from({ length: 400 }, (_, i) =>
    askAbout(imaginedScene(`balance ${i}`), new Random(i), namedConcepts(), { kinds: ['yesno'] }),
  ).flat();
  const yes = questions.filter(({ answer }) => answer.startsWith('Yes')).length / questions.length;
  expect(yes).toBeGreaterThan(0.43);
  expect(yes).toBeLessThan(0.57);
});

test('where and relations come from the boxes', () => {
  const placed = many(scene([object('cat', 0.15, 0.2)]), 'where');
  for (const { answer } of placed) expect(['It is in the top left.', 'top left']).toContain(answer);
  const related = many(catAndDog, 'relation').filter(({ answer }) => answer.startsWith('The cat'));
  expect(related.length).toBeGreaterThan(0);
  for (const { answer } of related) expect(answer).toBe('The cat is to the left of the dog.');
  expect(many(catAndDog, 'bigger').map(({ answer }) => answer)).toContain('The dog is bigger.');
});

test('things of no clear place or size are not asked about', () => {
  expect(cellOf([0.23, 0.4, 0.43, 0.6])).toBeNull();
  expect(cellOf([0.4, 0.4, 0.6, 0.6])?.name).toBe('center');
  expect(relationOf([0, 0, 0.2, 0.2], [0.5, 0.5, 0.7, 0.7])).toBeNull();
  expect(relationOf([0.4, 0, 0.6, 0.2], [0.4, 0.5, 0.6, 0.7])).toBe('above');
  expect(isClearlyBigger([0, 0, 0.3, 0.3], [0.5, 0.5, 0.76, 0.76])).toBe(false);
  expect(many(scene([object('cat', 0.5, 0.5)]), 'colour')).toEqual([]);
  expect(many(scene([object('cat', 0.5, 0.5, { hidden: 0.7 })]), 'name')).toEqual([]);
});

test('what may go by the same name is counted and named by nobody', () => {
  const both = scene([object('rooster', 0.2, 0.5), object('chicken', 0.8, 0.5)]);
  expect(confusable(conceptOfSlug('rooster'), conceptOfSlug('chicken'))).toBe(true);
  for (const { question } of many(both, 'count')) expect(question).not.toMatch(/rooster|chicken/i);
});

test('counts add up, over drawings of one name too', () => {
  const cats = scene([object('cat', 0.2, 0.2), object('cat-face', 0.8, 0.2), object('black-cat', 0.2, 0.8)]);
  const answers = new Set(
    many(cats, 'count')
      .filter(({ question }) => question.includes('cats'))
      .map(({ answer }) => answer),
  );
  expect([...answers].sort()).toEqual(['There are three cats.', 'three']);
});

test('a wrong option or an absent thing is never one that is there', () => {
  for (const { question, answer } of many(catAndDog, 'refuse')) {
    const [, missing] = /^There (?:is|are) no (.+) in the picture\.$/.exec(answer) ?? [];
    expect(['cat', 'dog', undefined]).not.toContain(missing);
    if (missing !== 'text') expect(question).toContain(missing);
  }
  for (const { question, answer, accepted } of many(catAndDog, 'choice')) {
    const option = new RegExp(`${answer}[:.)] ([a-z -]+)`).exec(question)?.[1] ?? '';
    expect(accepted.some((right) => option.startsWith(right))).toBe(true);
  }
});

test('text is read where there is some, and refused where there is none', () => {
  const lettering = { text: 'ZOO7', colour: 'red', box: [0.2, 0.7, 0.8, 0.9], font: 'roboto-mono' } as const;
  const written = scene([], { lettering: { ...lettering, box: [...lettering.box] } });
  for (const { answer } of many(written, 'text')) expect(['It says "ZOO7".', 'ZOO7']).toContain(answer);
  expect(many(catAndDog, 'text')).toEqual([]);
  expect(many(catAndDog, 'refuse').map(({ answer }) => answer)).toContain('There is no text in the picture.');
});

test('of an empty picture everything that is said is that nothing is there', () => {
  const asked = Array.from({ length: 50 }, (_, i) => askAbout(scene([]), new Random(i))).flat();
  const kinds = new Set(asked.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(['count', 'describe', 'name', 'refuse', 'yesno']);
  for (const { question, answer } of asked) expect(answer, question).toMatch(/^(There (is|are) no|zero|nothing|No\b)/);
  const red = scene([], { background: { kind: 'plain', colour: 'red' } });
  expect(many(red, 'describe')[0].answer).toBe('There is nothing on a red background.');
});

test('a known photograph is asked about as well', () => {
  const retriever = photoClasses()[207];
  const questions = askAboutPhotograph(retriever, namedConcepts(), new Random(3));
  const kinds = questions.map(({ kind }) => kind).sort();
  expect(kinds).toEqual(['category', 'choice', 'count', 'describe', 'name', 'refuse', 'where', 'yesno', 'yesno']);
  expect(fineQuestion(retriever, new Random(3))?.accepted.concat(['It is a golden retriever.'])).toContain(
    'golden retriever',
  );
  expect(fineQuestion(photoClasses()[291], new Random(3))).toBeNull();
});

test('things of one colour are few, so they are asked about more often than others', () => {
  const bothRed = scene(catAndDog.objects.map((thing) => ({ ...thing, colour: 'red' })));
  const asked = (of: Scene, answer: RegExp): number =>
    many(of, 'compare', 400).filter(({ question, answer: text }) => / colou?r/.test(question) && answer.test(text))
      .length;
  const [yes, no] = [asked(bothRed, /^yes/i), asked(catAndDog, /^no/i)];
  expect(asked(bothRed, /^no/i) + asked(catAndDog, /^yes/i)).toBe(0);
  expect(no).toBeGreaterThan(40);
  expect(yes).toBeGreaterThan(1.3 * no);
});

test('equal numbers are not the answer to most questions what there is more of', () => {
  let [equal, all] = [0, 0];
  for (let i = 0; i < 1500; i++)
    for (const { question, answer } of askAbout(imaginedScene(`more ${i}`), new Random(i), namedConcepts(), {
      kinds: ['compare'],
    })) {
      if (/ colou?r/.test(question)) continue;
      all++;
      if (/^(there are as many|equal)/i.test(answer)) equal++;
    }
  expect(all).toBeGreaterThan(100);
  expect(equal / all).toBeGreaterThan(0.15);
  expect(equal / all).toBeLessThan(0.5);
});

test('a description says where each thing ends in it, and which part of the picture that is in', () => {
  const shown = scene([object('dog', 0.5, 0.9), ...catAndDog.objects, object('cat', 0.85, 0.9, {}, 0.1)]);
  for (const { answer, listed = [] } of many(shown, 'describe', 5)) {
    expect(listed.map(({ slot }) => slot)).toEqual([3, 5]);
    expect(listed.map(({ end }) => answer.slice(0, end))).toEqual([
      'There are two cats',
      'There are two cats and two dogs',
    ]);
  }
  expect(many(shown, 'count', 1)[0].listed).toBeUndefined();
});
