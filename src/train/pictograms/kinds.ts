import { LlavaMiniError } from '../../errors.ts';

/** What sort of thing something is, as one would answer "What kind of thing is this?". */
export interface Kind {
  /** Such as `animal`. */
  id: string;
  /** Completes "It is …": `an animal`, `weather`. */
  phrase: string;
  plural: string;
  /** Also right as an answer, without article. */
  accepted: readonly string[];
}

function kind(id: string, phrase: string, plural: string, ...accepted: string[]): Kind {
  return { id, phrase, plural, accepted };
}

/** All kinds, in a fixed order. */
export const KINDS: readonly Kind[] = [
  kind('animal', 'an animal', 'animals', 'creature', 'living thing', 'living being'),
  kind('plant', 'a plant', 'plants', 'living thing', 'nature'),
  kind('food', 'food', 'food', 'food item', 'something to eat', 'meal', 'dish', 'snack'),
  kind('fruit', 'a fruit', 'fruits', 'fruits', 'food', 'plant'),
  kind('vegetable', 'a vegetable', 'vegetables', 'vegetables', 'food', 'plant'),
  kind('drink', 'a drink', 'drinks', 'beverage', 'something to drink', 'liquid'),
  kind('vehicle', 'a vehicle', 'vehicles', 'transport', 'means of transport', 'transportation', 'machine'),
  kind('building', 'a building', 'buildings', 'structure', 'place', 'house', 'construction'),
  kind('place', 'a place', 'places', 'landscape', 'nature', 'location', 'scene', 'scenery'),
  kind(
    'street',
    'something on the street',
    'street things',
    'street',
    'sign',
    'structure',
    'object',
    'thing on street',
  ),
  kind(
    'nature',
    'something in nature',
    'natural things',
    'nature',
    'natural thing',
    'natural object',
    'thing in nature',
  ),
  kind('sky', 'something in the sky', 'sky things', 'sky', 'space', 'celestial body', 'heavenly body', 'nature'),
  kind('weather', 'weather', 'weather', 'nature', 'natural phenomenon'),
  kind('clothing', 'clothing', 'clothes', 'clothes', 'piece of clothing', 'garment', 'accessory', 'something to wear'),
  kind('body part', 'a body part', 'body parts', 'part of body', 'part of animal', 'animal part'),
  kind('container', 'a container', 'containers', 'object'),
  kind('toy', 'a toy', 'toys', 'game', 'toy or game', 'plaything'),
  kind('sport', 'sports equipment', 'sports equipment', 'sport', 'sports', 'sport equipment', 'sporting goods'),
  kind('instrument', 'an instrument', 'instruments', 'musical instrument', 'music'),
  kind('furniture', 'furniture', 'furniture', 'piece of furniture', 'household item'),
  kind(
    'household',
    'a household item',
    'household items',
    'household',
    'household object',
    'household thing',
    'object',
  ),
  kind('device', 'a device', 'devices', 'machine', 'electronics', 'electronic device', 'gadget', 'appliance'),
  kind('medical', 'a medical item', 'medical items', 'medical', 'medicine', 'medical thing', 'medical device'),
  kind('tool', 'a tool', 'tools', 'tools', 'equipment', 'hardware'),
  kind('weapon', 'a weapon', 'weapons', 'weapons', 'arms'),
  kind('stationery', 'stationery', 'stationery', 'office supply', 'office supplies', 'school supply', 'paper'),
  kind('money', 'money', 'money', 'cash', 'currency'),
  kind('decoration', 'a decoration', 'decorations', 'party item', 'ornament', 'festival item'),
  kind('symbol', 'a symbol', 'symbols', 'sign', 'shape'),
  kind('shape', 'a shape', 'shapes', 'geometric shape', 'symbol', 'figure'),
  kind('person', 'a person', 'people', 'human', 'people'),
];

const byId = new Map(KINDS.map((entry) => [entry.id, entry]));

/** @throws LlavaMiniError `bad-argument` for a name that is not in the table. */
export function kindOf(id: string): Kind {
  const found = byId.get(id);
  if (found === undefined) throw new LlavaMiniError('bad-argument', `no kind of thing is called ${id}`);
  return found;
}

/** `animal`, `piece of clothing`: what one thing of the kind is called. */
export function kindNoun(id: string): string {
  return id === 'clothing' || id === 'furniture' ? `piece of ${id}` : id;
}

/** What is of a kind is of these kinds too. */
const PARENTS: Readonly<Record<string, string>> = { fruit: 'food', vegetable: 'food' };

/** Kinds whose borders are not sharp: what is of one may well be said to be of the other. */
const NEAR: readonly (readonly [kind: string, others: string])[] = [
  ['food', 'drink plant animal container household'],
  ['fruit', 'vegetable plant drink'],
  ['vegetable', 'plant'],
  ['plant', 'nature place decoration symbol container toy'],
  ['animal', 'nature body-part toy decoration person symbol'],
  ['vehicle', 'toy sport street sky place furniture container weapon device'],
  ['building', 'place street household container vehicle decoration'],
  ['tool', 'device household stationery weapon medical container sport vehicle nature street'],
  ['device', 'household stationery medical toy instrument street container symbol vehicle'],
  ['clothing', 'container sport medical body-part decoration symbol device household money'],
  ['toy', 'sport decoration weapon instrument symbol shape stationery'],
  ['furniture', 'household device container building street decoration'],
  ['instrument', 'symbol decoration weapon household'],
  ['sport', 'weapon decoration vehicle container'],
  ['weapon', 'household decoration'],
  ['drink', 'household container medical weather'],
  ['shape', 'symbol sky'],
  ['symbol', 'sky weather nature street'],
  ['container', 'household medical decoration street place'],
  ['weather', 'sky nature place'],
];

const nearPairs = new Set(
  NEAR.flatMap(([first, others]) =>
    others.split(' ').flatMap((other) => {
      const second = other.replace('-', ' ');
      return [`${first}/${second}`, `${second}/${first}`];
    }),
  ),
);

/** Whether something is of a kind; null where people may differ. */
export function isOfKind(thing: { kind: string; alsoKinds: readonly string[] }, id: string): boolean | null {
  if (thing.kind === id || PARENTS[thing.kind] === id) return true;
  return thing.alsoKinds.includes(id) || nearPairs.has(`${thing.kind}/${id}`) || PARENTS[id] === thing.kind
    ? null
    : false;
}
