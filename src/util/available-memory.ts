import { readFileSync } from 'node:fs';
import { freemem, platform, totalmem } from 'node:os';

/** Reads a small system file; undefined when there is none. */
type ReadFile = (path: string) => string | undefined;

/**
 * Bytes that this process can still have. On Linux what the kernel calls available, caches that it can drop included,
 * and not more than the limit of its control group leaves. On Windows what it calls free, where caches count as free.
 * Elsewhere, all that is built in: what other systems call free leaves out far too much.
 */
export function availableMemory(read: ReadFile = readSystemFile, system: string = platform()): number {
  if (system !== 'linux') return system === 'win32' ? freemem() : totalmem();
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1];
  const available = kilobytes === undefined ? totalmem() : Number(kilobytes) * 1024;
  return Math.max(0, Math.min(available, ...groupRooms(read)));
}

/** What each control group around this process still leaves, outer ones too. */
function groupRooms(read: ReadFile): number[] {
  return (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === '') return ancestors(path).map((at) => room(read, `/sys/fs/cgroup${at}`, VERSION_2));
    if (controllers.split(',').includes('memory'))
      return ancestors(path).map((at) => room(read, `/sys/fs/cgroup/memory${at}`, VERSION_1));
    return [];
  });
}

const VERSION_2 = { limit: 'memory.max', used: 'memory.current', cache: /^inactive_file (\d+)$/m };
const VERSION_1 = {
  limit: 'memory.limit_in_bytes',
  used: 'memory.usage_in_bytes',
  cache: /^total_inactive_file (\d+)$/m,
};

function room(read: ReadFile, folder: string, names: typeof VERSION_1): number {
  const number = (name: string): number => Number.parseInt(read(`${folder}/${name}`) ?? '', 10);
  const limit = number(names.limit);
  if (!Number.isFinite(limit)) return Number.POSITIVE_INFINITY; // no such group, or "max"
  // Files that were read count as used, but give way.
  const cache = Number(names.cache.exec(read(`${folder}/memory.stat`) ?? '')?.[1] ?? 0);
  return limit - Math.max(0, (number(names.used) || 0) - cache);
}

/** `/a/b` → `/a/b`, `/a`, and the root; inside a container the group's own folder is the root, whatever its path says. */
function ancestors(path: string): string[] {
  const parts = path.split('/').filter((part) => part && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, i) =>
    parts
      .slice(0, i)
      .map((part) => `/${part}`)
      .join(''),
  );
}

function readSystemFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
