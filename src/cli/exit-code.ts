/** What the process ends with. */
export const EXIT_CODE = { failure: 1, usage: 2, interrupted: 130, terminated: 143 } as const;
