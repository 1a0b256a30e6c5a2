import type { PullProgress } from '../checkpoint/hub/index.ts';
import { formatBytes, formatDuration } from './format.ts';

/** How far a download is, in one line. */
export function showPull(progress: PullProgress): string {
  const { phase, file, bytes, totalBytes, bytesPerSecond, secondsLeft } = progress;
  const share = totalBytes ? Math.floor((100 * bytes) / totalBytes) : 100;
  const left = secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft)} left`;
  const speed = phase === 'checking' ? '' : `, ${formatBytes(bytesPerSecond)}/s${left}`;
  return `${phase} ${file}: ${share} % of ${formatBytes(totalBytes)}${speed}`;
}
