import { expect, test } from 'vitest';
import { conceptLines } from './concepts.ts';
import { PHOTO_CLASS_COUNT, photoClasses } from './imagenet.ts';
import { kindOf } from './kinds.ts';

test('there is a name for each class, of a known kind', () => {
  const classes = photoClasses();
  expect(classes).toHaveLength(PHOTO_CLASS_COUNT);
  const ids = new Set(conceptLines().map((concept) => concept.id));
  classes.forEach((entry, index) => {
    expect(entry.index).toBe(index);
    expect(kindOf(entry.kind).id).toBe(entry.kind);
    expect(entry.synonyms, entry.name).not.toContain(entry.name);
    if (entry.concept !== null) expect(ids).toContain(entry.concept);
  });
});

// Indices as in the class list of the tower's weights.
test.each([
  [1, 'fish', 'goldfish'],
  [7, 'rooster', 'rooster'],
  [15, 'bird', 'robin'],
  [151, 'dog', 'Chihuahua'],
  [207, 'dog', 'golden retriever'],
  [250, 'dog', 'Siberian husky'],
  [268, 'dog', 'Mexican hairless'],
  [281, 'cat', 'tabby'],
  [285, 'cat', 'Egyptian cat'],
  [291, 'lion', 'lion'],
  [341, 'pig', 'pig'],
  [386, 'elephant', 'African elephant'],
  [402, 'guitar', 'acoustic guitar'],
  [409, 'clock', 'analog clock'],
  [504, 'mug', 'mug'],
  [587, 'hammer', 'hammer'],
  [620, 'laptop', 'laptop'],
  [673, 'computer mouse', 'computer mouse'],
  [759, 'camera', 'camera'],
  [817, 'car', 'sports car'],
  [850, 'teddy bear', 'teddy bear'],
  [879, 'umbrella', 'umbrella'],
  [889, 'violin', 'violin'],
  [920, 'traffic light', 'traffic light'],
  [933, 'hamburger', 'hamburger'],
  [948, 'apple', 'apple'],
  [954, 'banana', 'banana'],
  [967, 'coffee', 'coffee'],
  [985, 'flower', 'daisy'],
  [999, 'toilet paper', 'toilet paper'],
])('class %i is a %s, more closely a %s', (index, name, fine) => {
  expect(photoClasses()[index]).toMatchObject({ name, fine });
});

test('the concept lends its kind, plural and synonyms', () => {
  const classes = photoClasses();
  expect(classes[658]).toMatchObject({ name: 'mittens', use: 'plural' });
  expect(classes[15]).toMatchObject({ concept: 'bird', kind: 'animal', group: 'bird' });
  expect(classes[269]).toMatchObject({ name: 'wolf', plural: 'wolves' });
  expect(classes[423]).toMatchObject({ name: 'barber chair', concept: 'chair', kind: 'furniture' });
  expect(classes[423].synonyms).toContain('chair');
});
