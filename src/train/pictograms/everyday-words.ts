import type { Random } from '../../util/random.ts';
import { WHICH_KIND_TEMPLATES } from './questions.ts';
import { BIGGER_TEMPLATES } from './questions-bigger.ts';
import { CHOICE_TEMPLATES, SEVERAL_CHOICE_TEMPLATES } from './questions-choice.ts';
import { COLOUR_TEMPLATES, PLURAL_COLOUR_TEMPLATES } from './questions-colour.ts';
import { COUNT_TEMPLATES } from './questions-count.ts';
import { DESCRIBE_TEMPLATES, LONE_DESCRIBE_TEMPLATES } from './questions-describe.ts';
import { CATEGORY_TEMPLATES, IS_IT_TEMPLATES, NAME_TEMPLATES } from './questions-name.ts';
import { PLURAL_REFUSE_TEMPLATES, REFUSE_TEMPLATES } from './questions-refuse.ts';
import { TEXT_TEMPLATES } from './questions-text.ts';
import type { Question } from './questions-types.ts';
import { PLURAL_WHERE_TEMPLATES, WHAT_TEMPLATES, WHERE_TEMPLATES } from './questions-where.ts';
import { PLURAL_PRESENCE_TEMPLATES, PRESENCE_TEMPLATES } from './questions-yesno.ts';
import { type Phrasebook, reword } from './reword.ts';

/**
 * @file Words of every day for the questions of the pictogram world, which evaluation does not use: its own wordings
 * stay what they were, so that scores compare. `src/eval/untaught-words.ts` has others, by which is measured what
 * comes of these.
 */

const NAME = [
  "What's this?",
  "What's that?",
  'What is that?',
  "What's in the picture?",
  "What's shown here?",
  'What is this thing?',
  'What is this object?',
  "What's this thing called?",
  'What do you call this?',
  'What is the object?',
  'What is the thing in the picture called?',
  'What is this a picture of?',
  'What is it that you see?',
  'Tell me what this is.',
  'Say what this is.',
  'Do you know what this is?',
  'What is depicted?',
  'What was photographed here?',
  'What is the subject of the picture?',
  'What could this be?',
  'Name the object in the picture.',
  'Which thing is shown?',
  'What are you seeing?',
  'What does this show?',
  'Recognise the object.',
  'What {k} is this?',
  'What {k} is this?',
  'Which {k} is this?',
  'What {k} is it?',
  'What {k} is in the picture?',
  'What {k} is in the picture?',
  'What {k} do you see?',
  'Which {k} is shown?',
  'What {k} is shown here?',
  'What is this {k}?',
  "What's this {k} called?",
  'Name this {k}.',
  'What kind of {k} is this?',
  'What type of {k} is it?',
  'Which {k} do you see?',
  'What sort of {k} is this?',
  'What is the name of the {k}?',
  'What {g} is this?',
  'Which {g} do you see?',
  'What kind of {g} is it?',
];

const DESCRIBE = [
  'Describe what you see.',
  'Caption this picture.',
  'Write a caption.',
  'Tell me about the picture.',
  'Describe the picture in detail.',
  'Describe everything in the picture.',
  'Describe it.',
  'Explain the picture.',
  'Give me a description.',
  'Say what is in the picture.',
  'List all objects.',
  'Which things can you see?',
  'What is there?',
  'Name everything you see.',
  'Tell me everything you see.',
  'What do we have here?',
  'Which objects can be seen?',
  'Give me a list of the things.',
  'Describe the scene.',
  'What are the things in the picture?',
  'Go through the things in the picture.',
];

const COUNT = [
  'How many {x} are here?',
  'How many {x} are shown?',
  "What's the number of {x}?",
  'How many {x} in the picture?',
  'How many {x} in total?',
  'Could you count the {x}?',
  'How many {x} can be seen?',
  'Give me the number of {x}.',
  'Say how many {x} you see.',
  'How many {x}?',
  'How many {x} are on the picture?',
  'How many {x} does the picture have?',
  'The number of {x} is?',
  'Do you know how many {x} there are?',
  'Look for {x}. How many are there?',
];

const COLOUR = [
  "What's the colour of the {x}?",
  "What's the {x}'s colour?",
  'Which colour has the {x}?',
  'What colour is that {x}?',
  'What color does the {x} have?',
  'The {x} is what colour?',
  'Say which color the {x} is.',
  'Colour of the {x}?',
  'What colour does the {x} look?',
  'Do you know what color the {x} is?',
  'What is the color you see on the {x}?',
  'Look at the {x}. What colour is it?',
  'Of what colour is the {x}?',
  'In which color did they draw the {x}?',
];

const PLURAL_COLOUR = [
  "What's the colour of the {x}?",
  'Which colour have the {x}?',
  'What colour are those {x}?',
  'What color do the {x} have?',
  'Say which color the {x} are.',
  'Colour of the {x}?',
  'Do you know what color the {x} are?',
  'Of what colour are the {x}?',
  'In which color did they draw the {x}?',
];

const WHERE = [
  "Where's the {x}?",
  'Where is the {x} in the picture?',
  'Whereabouts is the {x}?',
  'On which side is the {x}?',
  'Where can the {x} be seen?',
  'Location of the {x}?',
  'Show me where the {x} is.',
  'Where can you see the {x}?',
  'Where exactly is the {x}?',
  'Where was the {x} placed?',
  'Where does the {x} lie?',
  'Where would I look for the {x}?',
  'The {x} is where?',
  'Look for the {x}. Where is it?',
  'Do you know where the {x} is?',
  'In which corner or on which side is the {x}?',
  'Where did they put the {x}?',
];

const PLURAL_WHERE = [
  'Where are the {x} in the picture?',
  'Whereabouts are the {x}?',
  'On which side are the {x}?',
  'Where can the {x} be seen?',
  'Location of the {x}?',
  'Where can you see the {x}?',
  'Where were the {x} placed?',
  'Where do the {x} lie?',
  'Where would I look for the {x}?',
  'Do you know where the {x} are?',
  'Where did they put the {x}?',
];

const PRESENCE = [
  'Is {x} there?',
  'Is there {x} here?',
  'Can {x} be seen?',
  'Is {x} in the picture?',
  'Do you find {x}?',
  'Is there {x} to be seen?',
  'Are you able to see {x}?',
  'Does this contain {x}?',
  'Is {x} visible?',
  'Does {x} appear in the picture?',
  'Is there any sign of {x}?',
  'Has this picture got {x}?',
  'Is {x} part of the picture?',
  'Do I see {x} here?',
  'Does this picture have {x} in it?',
  'Are you seeing {x}?',
  'Have you found {x}?',
  'Will I see {x} here?',
  'Could there be {x} in it?',
  'I am looking for {x}. Is it here?',
  'Do we have {x} here?',
];

const PLURAL_PRESENCE = PRESENCE.map((line) =>
  line
    .replace(/^Is (?!there any)/, 'Are ')
    .replace('Does {x} appear', 'Do {x} appear')
    .replace('Is it here', 'Are they here'),
);

const CHOICE = [
  "What's this?",
  "What's that?",
  'Which is it?',
  'Which of the following is this?',
  'Which option is right?',
  'Pick the right option.',
  'Which of these is it?',
  'Which of these is shown?',
  'Choose the right answer.',
  'What is this a picture of?',
  'Which word fits the picture?',
];

const SEVERAL_CHOICE = [
  'Which of these can you see?',
  'Which of the following is in the picture?',
  'Which option is in the picture?',
  'One of these is in the picture. Which?',
  'Pick what is shown.',
  'Which one of these do you see?',
];

/** More words for the questions that training asks. */
export const EVERYDAY: Phrasebook = {
  wordings: new Map<readonly string[], readonly string[]>([
    [NAME_TEMPLATES, NAME],
    [DESCRIBE_TEMPLATES, DESCRIBE],
    [LONE_DESCRIBE_TEMPLATES, DESCRIBE],
    [COUNT_TEMPLATES, COUNT],
    [COLOUR_TEMPLATES, COLOUR],
    [PLURAL_COLOUR_TEMPLATES, PLURAL_COLOUR],
    [WHERE_TEMPLATES, WHERE],
    [PLURAL_WHERE_TEMPLATES, PLURAL_WHERE],
    [REFUSE_TEMPLATES, [...COLOUR, ...WHERE]],
    [PLURAL_REFUSE_TEMPLATES, [...PLURAL_COLOUR, ...PLURAL_WHERE]],
    [PRESENCE_TEMPLATES, PRESENCE],
    [PLURAL_PRESENCE_TEMPLATES, PLURAL_PRESENCE],
    [WHAT_TEMPLATES, ["What's {p}?", 'What can be seen {p}?', 'Tell me what is {p}.', 'Which thing do you see {p}?']],
    [
      IS_IT_TEMPLATES,
      [
        'Is that {x}?',
        'Is this thing {x}?',
        'Could this be {x}?',
        'Is this a picture of {x}?',
        'Does this look like {x}?',
        'Is it true that this is {x}?',
        'This is {x}, right?',
        'Is the object {x}?',
        'Does it look like {x}?',
        'Could that be {x}?',
        'I think this is {x}. Is it?',
        'So this is {x}?',
        'Do you think this is {x}?',
        'Would you call this {x}?',
        'Can this be {x}?',
      ],
    ],
    [
      TEXT_TEMPLATES,
      [
        "What's written here?",
        "What's the text?",
        'What does the sign say?',
        'What is the word?',
        'Which letters are there?',
        'What can you read?',
        'Transcribe the text.',
        'Read it.',
        'What words are in the picture?',
        'Read the text to me.',
      ],
    ],
    [
      BIGGER_TEMPLATES,
      [
        'What is {m}: the {x} or the {y}?',
        'Of the {x} and the {y}, which is {m}?',
        "What's {m}, the {x} or the {y}?",
        'Which is the {m} one, the {x} or the {y}?',
      ],
    ],
    [
      WHICH_KIND_TEMPLATES,
      [
        'What {n} is in the picture?',
        'Which {n} is there?',
        'What {n} do you see?',
        'Which {n} is shown?',
        "What's the {n} in the picture?",
        'Name the {n}.',
      ],
    ],
    [CHOICE_TEMPLATES, CHOICE],
    [SEVERAL_CHOICE_TEMPLATES, SEVERAL_CHOICE],
    [CATEGORY_TEMPLATES, ['What kind of object is it?', "What's the category?", 'Which type of thing do you see?']],
  ]),
  otherNames: 0.5,
  choice: {
    marks: ['A: ', 'A) ', 'A. ', '(A) ', 'A - '],
    joins: [' ', ', ', '; ', '\n', ' or '],
    either: [
      'Is this {x}?',
      'Is it {x}?',
      'Is that {x}?',
      'What is this, {x}?',
      'What is it: {x}?',
      'Do you see {x}?',
      'Does the picture show {x}?',
      'Is this a picture of {x}?',
    ],
  },
  words: [
    [/\b(picture|image)\b/g, ['picture', 'image', 'photo', 'photograph', 'drawing', 'pic', 'scene']],
    [/\bWhat is\b/g, ["what's", 'what is']],
    [/\bWhere is\b/g, ["where's", 'where is']],
    [/\b(colour|color)\b/g, ['colour', 'color']],
    [/\bDo you see\b/g, ['can you see', 'do you see']],
  ],
  before: [
    'Please',
    'Please tell me:',
    'Hi!',
    'Hello,',
    'Look at the picture.',
    'Question:',
    'Can you tell me:',
    'And',
    'Now',
    'OK,',
    'So,',
  ],
  after: ['??', ' please', ', please?', '? Thanks.', ' ?', '!', '? Look closely.'],
};

/** How much oftener a multiple choice is put so: "Is it a cat or a dog?" and other names of options come from nowhere else. */
const CHOICES = 2;

/** Puts a share of the questions in words of every day; 0: none, and nothing is drawn. */
export function someReworded(questions: readonly Question[], random: Random, share: number): readonly Question[] {
  if (share === 0) return questions;
  return questions.map((q) => (random.chance(q.options ? CHOICES * share : share) ? reword(q, random, EVERYDAY) : q));
}
