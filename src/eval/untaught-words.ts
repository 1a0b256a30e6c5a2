import { WHICH_KIND_TEMPLATES } from '../train/pictograms/questions.ts';
import { BIGGER_TEMPLATES } from '../train/pictograms/questions-bigger.ts';
import { COLOUR_TEMPLATES, PLURAL_COLOUR_TEMPLATES } from '../train/pictograms/questions-colour.ts';
import { COUNT_TEMPLATES } from '../train/pictograms/questions-count.ts';
import { DESCRIBE_TEMPLATES } from '../train/pictograms/questions-describe.ts';
import { CATEGORY_TEMPLATES, IS_IT_TEMPLATES, NAME_TEMPLATES } from '../train/pictograms/questions-name.ts';
import { PLURAL_REFUSE_TEMPLATES, REFUSE_TEMPLATES } from '../train/pictograms/questions-refuse.ts';
import { TEXT_TEMPLATES } from '../train/pictograms/questions-text.ts';
import { PLURAL_WHERE_TEMPLATES, WHAT_TEMPLATES, WHERE_TEMPLATES } from '../train/pictograms/questions-where.ts';
import { PLURAL_PRESENCE_TEMPLATES, PRESENCE_TEMPLATES } from '../train/pictograms/questions-yesno.ts';
import type { Phrasebook } from '../train/pictograms/reword.ts';

/** @file Words that nothing in training asks with: what nano makes of a question that is put in its user's own words. */

const COLOUR = [
  'What color would you say the {x} is?',
  'Which colour do you see on the {x}?',
  "Could you tell me the {x}'s color?",
];
const PLURAL_COLOUR = ['What color would you say the {x} are?', 'Could you tell me the colour the {x} have?'];
const WHERE = ['Where do I find the {x}?', 'Where has the {x} been put?', 'Could you tell me where the {x} is?'];
const PLURAL_WHERE = ['Where do I find the {x}?', 'Could you tell me where the {x} are?'];
const PRESENCE = ['Can you spot {x}?', 'Would I find {x} in this picture?', 'Does it show {x}?', 'Did you notice {x}?'];

/** Wordings of the same questions that were never trained on. */
export const UNTAUGHT: Phrasebook = {
  wordings: new Map<readonly string[], readonly string[]>([
    [
      NAME_TEMPLATES,
      [
        'What might this be?',
        "What's the thing in the picture?",
        'What am I seeing here?',
        'Can you name this object?',
        'Which {k} am I looking at?',
        'What {k} can you see here?',
        "What's the name of this {k}?",
        'Can you tell me which {k} this is?',
      ],
    ],
    [DESCRIBE_TEMPLATES, ['What all is there to see?', 'Summarise this picture.', 'Could you describe this for me?']],
    [
      COUNT_TEMPLATES,
      [
        'How many {x} can you find?',
        "I'd like to know how many {x} there are.",
        'How many {x} does it show?',
        'What is the count of {x}?',
      ],
    ],
    [COLOUR_TEMPLATES, COLOUR],
    [PLURAL_COLOUR_TEMPLATES, PLURAL_COLOUR],
    [WHERE_TEMPLATES, WHERE],
    [PLURAL_WHERE_TEMPLATES, PLURAL_WHERE],
    [REFUSE_TEMPLATES, [...COLOUR, ...WHERE]],
    [PLURAL_REFUSE_TEMPLATES, [...PLURAL_COLOUR, ...PLURAL_WHERE]],
    [PRESENCE_TEMPLATES, PRESENCE],
    [PLURAL_PRESENCE_TEMPLATES, PRESENCE],
    [WHAT_TEMPLATES, ['What have you got {p}?', 'What would I find {p}?']],
    [IS_IT_TEMPLATES, ['Might this be {x}?', 'Am I looking at {x}?', 'Is what you see {x}?']],
    [
      TEXT_TEMPLATES,
      ['What does the writing say?', 'Could you read this to me?', 'Which text is shown?', 'Spell out the text.'],
    ],
    [BIGGER_TEMPLATES, ['Between the {x} and the {y}, which is {m}?', 'Tell me which is {m}, the {x} or the {y}.']],
    [WHICH_KIND_TEMPLATES, ['Which {n} can you see?', 'What {n} is there in the picture?']],
    [CATEGORY_TEMPLATES, ['What sort of object is it?', 'What class of thing is this?']],
  ]),
  words: [],
  before: [],
  after: [],
};
