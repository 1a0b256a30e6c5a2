import type { Picture } from '../media/index.ts';
import type { Question } from '../train/pictograms/questions-types.ts';

/** A picture to be asked about. */
export interface Exhibit {
  /** By which it can be found or drawn again. */
  name: string;
  picture: Picture;
  /** Each with the name under which it is counted. */
  questions: [kind: string, question: Question][];
}
