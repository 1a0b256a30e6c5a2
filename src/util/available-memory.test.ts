import { freemem, totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { availableMemory } from './available-memory.ts';

const GB = 1e9;
const on = (files: Record<string, string>): number => availableMemory((path) => files[path], 'linux');
const meminfo = { '/proc/meminfo': 'MemTotal:       24000000 kB\nMemFree:  100 kB\nMemAvailable:   15625000 kB\n' };

test('this machine has some, and not more than is built in', () => {
  const bytes = availableMemory();
  expect(bytes).toBeGreaterThan(64 << 20);
  expect(bytes).toBeLessThanOrEqual(totalmem());
  expect(availableMemory(() => undefined, 'darwin')).toBe(totalmem());
  expect(availableMemory(() => undefined, 'win32')).toBeLessThanOrEqual(2 * freemem());
});

test('what the kernel calls available, and not what is free', () => {
  expect(on(meminfo)).toBe(16 * GB);
  expect(on({ ...meminfo, '/proc/self/cgroup': '0::/user.slice/me\n' })).toBe(16 * GB);
  expect(on({})).toBe(totalmem());
});

test('the limit of a control group, its own or one around it; file caches give way', () => {
  const limited = {
    ...meminfo,
    '/proc/self/cgroup': '0::/outer/inner\n',
    '/sys/fs/cgroup/outer/memory.max': `${4 * GB}\n`,
    '/sys/fs/cgroup/outer/memory.current': `${3 * GB}\n`,
    '/sys/fs/cgroup/outer/memory.stat': `anon ${GB}\nfile ${2 * GB}\ninactive_file ${1.5 * GB}\n`,
    '/sys/fs/cgroup/outer/inner/memory.max': 'max\n',
  };
  expect(on(limited)).toBe(2.5 * GB);
  expect(on({ ...limited, '/sys/fs/cgroup/outer/inner/memory.max': `${2 * GB}\n` })).toBe(2 * GB);
  expect(on({ ...limited, '/sys/fs/cgroup/outer/memory.current': `${9 * GB}\n` })).toBe(0);
  // In a container the group's folder is mounted as the root.
  expect(on({ ...meminfo, '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': `${GB}\n` })).toBe(GB);
});

test('version 1 of control groups', () => {
  const files = {
    ...meminfo,
    '/proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/docker/abc\n1:name=systemd:/x\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${3 * GB}\n`,
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${2 * GB}\n`,
    '/sys/fs/cgroup/memory/memory.stat': `total_inactive_file ${GB}\n`,
  };
  expect(on(files)).toBe(2 * GB);
  expect(on({ ...files, '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' })).toBe(16 * GB);
});
