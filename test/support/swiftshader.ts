import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Environment of a process whose WebGPU runs on the CPU: SwiftShader and the Vulkan loader of Debian's Chromium.
 * Elsewhere than on Linux, nothing: the machine's own graphics are used.
 *
 * @returns null where Chromium is not installed; see `.ci/run`, which installs it and counts skipped tests as failed
 */
export function swiftShaderEnvironment(): Record<string, string> | null {
  if (process.platform !== 'linux') return {};
  let files: string;
  try {
    files = execFileSync('dpkg', ['-L', 'chromium', 'chromium-common'], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return null;
  }
  const driver = files.split('\n').find((path) => path.endsWith('/vk_swiftshader_icd.json') && existsSync(path));
  if (!driver) return null;
  const folder = dirname(driver);
  const libraries = process.env.LD_LIBRARY_PATH;
  return {
    VK_DRIVER_FILES: driver,
    VK_ICD_FILENAMES: driver,
    LD_LIBRARY_PATH: libraries ? `${folder}:${libraries}` : folder,
  };
}
