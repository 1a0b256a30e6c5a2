/** @module The part of picture input that needs no Node API: what the browser shares. */
export { frameIndices } from './frames.ts';
export { type PictureFormat, type PictureHeader, readPictureHeader } from './header.ts';
export { CLIP_MEAN, CLIP_STD, checkTowerSize, type ImageProcessor, parsePreprocessor } from './image-processor.ts';
export { checkBytes, checkSize, DEFAULT_LIMITS, type PictureLimits } from './limits.ts';
export { cropPicture, isPicture, type Picture } from './picture.ts';
export { normalisePicture, prepareFrame, preparePicture, splitTiles, squarePicture } from './prepare.ts';
export { type Canvas, nearestIndices, resizeBicubic, resizeNearest, type Window } from './resize.ts';
