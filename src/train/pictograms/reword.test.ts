import { expect, test } from 'vitest';
import { UNTAUGHT } from '../../eval/untaught-words.ts';
import { Random } from '../../util/random.ts';
import { conceptOfSlug, namedConcepts } from './concepts.ts';
import { imaginedScene } from './corpus.ts';
import { EVERYDAY, someReworded } from './everyday-words.ts';
import { lookupsOf } from './lookups.ts';
import { askAbout } from './questions.ts';
import { CHOICE_TEMPLATES, withOptions } from './questions-choice.ts';
import { asksForWord, isItQuestion, nameQuestion, otherThings } from './questions-name.ts';
import { refuseQuestion } from './questions-refuse.ts';
import type { Offer } from './questions-types.ts';
import { viewScene } from './questions-view.ts';
import { reword } from './reword.ts';

const cat = conceptOfSlug('cat');
const asked = Array.from({ length: 150 }, (_, i) => askAbout(imaginedScene(`scene ${i}`, 'AB3'), new Random(i))).flat();

const bare = (line: string): string => line.toLowerCase().replace(/[?.!]$/, '');

test('only the words change: what is asked, and how shortly, stays', () => {
  const random = new Random(1);
  let changed = 0;
  for (const question of asked.filter(({ options }) => options === undefined))
    for (const book of [EVERYDAY, UNTAUGHT]) {
      const other = reword(question, random, book);
      expect({ ...other, question: '' }).toEqual({ ...question, question: '' });
      expect(other.question).not.toMatch(/[{}]|undefined|null/);
      expect(asksForWord(other.question)).toBe(asksForWord(question.question));
      for (const [place, filling] of Object.entries(question.wording?.fill ?? {})) {
        if (!question.wording?.templates.every((line) => line.includes(`{${place}}`))) continue;
        const names = place === 'x' && book === EVERYDAY ? (question.wording.thing?.synonyms ?? []) : [];
        const right = [filling.replace(/^an? /, ''), ...names].map((name) => name.toLowerCase());
        expect(right.filter((name) => other.question.toLowerCase().includes(name))).not.toEqual([]);
      }
      changed += Number(other.question !== question.question);
    }
  expect(changed / asked.length).toBeGreaterThan(1);
});

const choices = asked.filter(({ kind }) => kind === 'choice');

test('a multiple choice keeps its letters; its options may go by other names that they have', () => {
  expect(choices.length).toBeGreaterThan(50);
  const random = new Random(5);
  let [renamed, either] = [0, 0];
  for (const choice of choices) {
    expect(reword(choice, random, UNTAUGHT)).toBe(choice);
    const other = reword(choice, random, EVERYDAY);
    const right = (choice.options ?? []).find((option) => option.right)?.offer as Offer;
    if (other.options === undefined) {
      either++;
      expect(choice.wording?.templates).toBe(CHOICE_TEMPLATES);
      const told = /^(?:It is|They are) (?:an? |the )?(.*)\.$/.exec(other.answer)?.[1];
      expect([right.name, ...(right.synonyms ?? [])]).toContain(told);
      expect(other.question).toContain(told);
      expect(other.question).toMatch(/ or /);
      continue;
    }
    expect({ ...other, question: '', options: [] }).toEqual({ ...choice, question: '', options: [] });
    expect(other.options.map((option) => option.right)).toEqual(choice.options?.map((option) => option.right));
    for (const [i, { end, offer, renamed: isRenamed }] of other.options.entries()) {
      expect(other.question.slice(0, end).toLowerCase().endsWith(offer.name.toLowerCase())).toBe(true);
      const first = choice.options?.[i].offer as Offer;
      expect(isRenamed ? first.synonyms : [first.name]).toContain(offer.name);
      renamed += Number(isRenamed ?? false);
    }
  }
  expect(renamed).toBeGreaterThan(10);
  expect(either).toBeGreaterThan(1);
});

test('asked whether it is there, a thing goes by any name of its own, most of all by what others are called, too', () => {
  const train = conceptOfSlug('locomotive');
  const random = new Random(3);
  const questions = Array.from({ length: 900 }, () => isItQuestion(train, namedConcepts(), random)).filter(
    (question) => question !== null,
  );
  const told = (book: typeof EVERYDAY, yes: boolean): Record<string, number> => {
    const found: Record<string, number> = {};
    for (const question of questions) {
      if (/^yes/i.test(question.answer) !== yes) continue;
      const { question: line, ...rest } = reword(question, random, book);
      const { question: _, ...before } = question;
      expect(rest).toEqual(before);
      const name = /\ba ((?:steam )?(?:train|locomotive|engine))\b/i.exec(line)?.[1].toLowerCase() ?? 'other';
      found[name] = (found[name] ?? 0) + 1;
    }
    return found;
  };
  const often = told(EVERYDAY, true);
  expect(often['steam train']).toBeGreaterThan(150);
  expect(often.train).toBeGreaterThan(80);
  expect(often.locomotive).toBeGreaterThan(5);
  expect(often.other).toBeUndefined();
  expect(Object.keys(told(UNTAUGHT, true))).toEqual(['steam train']);
  expect(Object.keys(told(EVERYDAY, false))).toEqual(['other']);
});

test('what another name stands for is not looked up as the thing that has it for its first', () => {
  const scene = imaginedScene('scene 3', 'AB3');
  const [dog, hammer] = [conceptOfSlug('dog'), conceptOfSlug('hammer')];
  const wolf: Offer = { ...conceptOfSlug('wolf'), name: 'dog', synonyms: [] };
  const { question, ends } = withOptions('What is it?', [wolf.name, hammer.name], 'A: ', ' ');
  const offered = (renamed: boolean) =>
    lookupsOf(
      {
        ...choices[0],
        question,
        options: [
          { end: ends[0], right: true, offer: wolf, renamed },
          { end: ends[1], right: false, offer: hammer },
        ],
      },
      viewScene(scene),
    ).find(({ end }) => end === ends[0])?.targets;
  expect(scene.objects.map(({ concept }) => concept)).not.toContain(dog.id);
  expect(offered(false)).toMatchObject({ isRight: 1, counts: 0 });
  expect(offered(true)).toEqual({ isRight: 1, optionLetter: 0 });
});

test('a thing may be asked for by its kind, never by its own name', () => {
  const lines = (book: typeof EVERYDAY, slug: string): Set<string> =>
    new Set(
      Array.from({ length: 600 }, (_, i) => {
        const random = new Random(i);
        return bare(reword(nameQuestion(conceptOfSlug(slug), random), random, book).question);
      }),
    );
  expect(lines(EVERYDAY, 'cat')).toContain('what animal is this');
  expect(lines(EVERYDAY, 'cat')).toContain('what mammal is this');
  // Spoons are of the group `kitchen`, in a kind that nobody asks by.
  expect([...lines(EVERYDAY, 'spoon')].filter((line) => /kitchen|household/.test(line))).toEqual([]);
  expect(lines(EVERYDAY, 'red-apple')).toContain('what fruit is this');
  expect([...lines(EVERYDAY, 'cat')].filter((line) => /\bcat\b/.test(line))).toEqual([]);
  expect(lines(UNTAUGHT, 'red-apple')).toContain('which fruit am i looking at');
});

test('nothing that is kept for scoring is ever taught', () => {
  const taught = new Set([...EVERYDAY.wordings.keys(), ...EVERYDAY.wordings.values()].flat().map(bare));
  for (const [usual, untaught] of UNTAUGHT.wordings) {
    expect(taught).toContain(bare(usual[0]));
    for (const line of untaught) expect(taught).not.toContain(bare(line));
  }
});

test('what is absent is asked after in the words for what is there: they give nothing away', () => {
  const there = new Set(
    [...EVERYDAY.wordings].flatMap(([usual, others]) => (/refuse/.test(usual.join()) ? [] : [...usual, ...others])),
  );
  const random = new Random(4);
  for (let i = 0; i < 200; i++) {
    const [missing] = otherThings([cat], namedConcepts(), random, 1);
    const { wording } = refuseQuestion(missing, random);
    for (const line of EVERYDAY.wordings.get(wording?.templates ?? []) ?? []) expect(there).toContain(line);
    expect(EVERYDAY.wordings.has(wording?.templates ?? [])).toBe(true);
  }
});

test('a share of the questions is reworded; without one, nothing is drawn', () => {
  const some = someReworded(asked, new Random(2), 0.3);
  const changed = some.filter((question, i) => question !== asked[i]).length;
  expect(changed / asked.length).toBeGreaterThan(0.25);
  expect(changed / asked.length).toBeLessThan(0.35);
  const [one, other] = [new Random(3), new Random(3)];
  expect(someReworded(asked, one, 0)).toBe(asked);
  expect(one.float()).toBe(other.float());
});
