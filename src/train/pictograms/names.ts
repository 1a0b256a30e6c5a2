/** How the name of a thing is used: with an article and a plural, without (coffee), or as a plural only (scissors). */
export type NameUse = 'count' | 'mass' | 'plural';

/** A name as it stands in a sentence. */
export interface Name {
  /** Such as `apple`. */
  name: string;
  use: NameUse;
  plural: string;
  /** `a`, `an`, `the` or nothing. */
  article: 'a' | 'an' | 'the' | '';
}

const IRREGULAR = new Map([
  ['man', 'men'],
  ['woman', 'women'],
  ['knife', 'knives'],
  ['leaf', 'leaves'],
  ['wolf', 'wolves'],
  ['scarf', 'scarves'],
  ['mouse', 'mice'],
  ['goose', 'geese'],
  ['foot', 'feet'],
  ['fish', 'fish'],
  ['sheep', 'sheep'],
  ['deer', 'deer'],
]);

/** The plural of a word or of the last word of a phrase. */
export function pluralOf(name: string): string {
  const cut = name.lastIndexOf(' ') + 1;
  const last = name.slice(cut);
  const irregular = IRREGULAR.get(last);
  if (irregular !== undefined) return name.slice(0, cut) + irregular;
  if (/(s|x|z|ch|sh)$/.test(last)) return `${name}es`;
  if (/[^aeiou]y$/.test(last)) return `${name.slice(0, -1)}ies`;
  return `${name}s`;
}

/** `a` or `an`, by the first sound; words whose first letter misleads are listed. */
export function articleOf(name: string): 'a' | 'an' {
  if (/^(uni|us|ut|eu|one|ufo|uku)/.test(name) || name.startsWith('yo-yo')) return 'a';
  return /^[aeiou]|^(hour|x-ray|fm |mri)/.test(name) ? 'an' : 'a';
}

/** Builds a name; the plural defaults to the regular one, or to pieces of what has none. */
export function makeName(name: string, use: NameUse = 'count', plural?: string, the = false): Name {
  return {
    name,
    use,
    plural: plural ?? (use === 'plural' ? name : use === 'mass' ? `pieces of ${name}` : pluralOf(name)),
    article: the ? 'the' : use === 'count' ? articleOf(name) : '',
  };
}

/** `a cat`, `coffee`, `scissors`. */
export function withArticle(name: Name): string {
  return name.article === '' ? name.name : `${name.article} ${name.name}`;
}

/** `It is a cat.` or `They are scissors.` */
export function namingSentence(name: Name): string {
  return name.use === 'plural' ? `They are ${name.name}.` : `It is ${withArticle(name)}.`;
}

/** `I am not sure: a cat or a dog.`, the answer where two names are nearly as likely. */
export function hedgedAnswer(first: Name, second: Name): string {
  return `I am not sure: ${withArticle(first)} or ${withArticle(second)}.`;
}
