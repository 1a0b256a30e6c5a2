/** Models of the Hugging Face hub: download, the shared cache, what is in it. */
export { type InstalledModel, type InstalledSnapshot, listModels, removeModel } from './installed.ts';
export { mayBeFetched } from './names.ts';
export type { PullProgress } from './progress.ts';
export { type PullOptions, pullModel } from './pull.ts';
export { type Env, hubCache } from './settings.ts';
