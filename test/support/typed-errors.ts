import { LlavaMiniError } from '../../src/index.ts';

/** The code of the typed error that work fails with, `no error` without one. */
export const codeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof LlavaMiniError) return error.code;
    throw error;
  }
  return 'no error';
};

/** The typed error that work fails with. */
export const errorOf = async (work: () => Promise<unknown>): Promise<LlavaMiniError> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof LlavaMiniError) return error;
    throw error;
  }
  throw new Error('there was no error');
};
