import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Environment of a process whose WebGPU runs on the CPU: SwiftShader and the Vulkan loader of Debian's Chromium.
 * Elsewhere than on Linux, nothing: the machine's own graphics are used.
 *
 * @throws Error that says what to install
 */
export function swiftShaderEnvironment(): Record<string, string> {
  if (process.platform !== 'linux') return {};
  let files: string;
  try {
    files = execFileSync('dpkg', ['-L', 'chromium', 'chromium-common'], { encoding: 'utf8', stdio: 'pipe' });
  } catch (cause) {
    throw new Error(
      'the WebGPU tests run on SwiftShader, which comes with Debian’s chromium: apt-get install chromium ' +
        '(or set LLAVA_MINI_TEST_WEBGPU=off to leave these tests out)',
      { cause },
    );
  }
  const driver = files.split('\n').find((path) => path.endsWith('/vk_swiftshader_icd.json') && existsSync(path));
  if (!driver)
    throw new Error('chromium is here without vk_swiftshader_icd.json: apt-get install --reinstall chromium-common');
  const folder = dirname(driver);
  const libraries = process.env.LD_LIBRARY_PATH;
  return {
    VK_DRIVER_FILES: driver,
    VK_ICD_FILENAMES: driver,
    LD_LIBRARY_PATH: libraries ? `${folder}:${libraries}` : folder,
  };
}
