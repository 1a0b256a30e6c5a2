import type { ConvertProgress } from '../folder/convert-options.ts';
import { formatBytes, formatDuration } from './format.ts';

/** How far a conversion is, in one line. */
export function showConversion(progress: Omit<ConvertProgress, 'phase'>, doing: string): string {
  const { bytes, totalBytes, bytesPerSecond, secondsLeft } = progress;
  const share = totalBytes ? Math.floor((100 * bytes) / totalBytes) : 100;
  const left = secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft)} left`;
  return `${doing}: ${share} % of ${formatBytes(totalBytes)}, ${formatBytes(bytesPerSecond)}/s${left}`;
}

/** The same for a conversion's two phases. */
export function showPhase(progress: ConvertProgress): string {
  return showConversion(progress, progress.phase === 'hashing' ? 'checking the source' : 'converting');
}
