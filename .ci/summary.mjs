// Prints "N passed, N failed" for a report of vitest. Fails when a test failed, was skipped, or never ran: a tool that
// is missing must not look like success.
import { existsSync, readFileSync } from 'node:fs';

const path = process.argv[2];
let passed = 0;
let failed = 0;
if (existsSync(path)) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const notRun = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
  for (const test of notRun) console.log(`not run: ${test.fullName}`);
  // A file that fails before its first test counts as one failure.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((t) => t.status === 'failed'),
  );
  for (const file of brokenFiles) console.log(`failed to run: ${file.name}`);
  passed = tests.filter((test) => test.status === 'passed').length;
  failed = tests.filter((test) => test.status === 'failed').length + notRun.length + brokenFiles.length;
  if (passed === 0) failed ||= 1;
} else {
  console.log('no test was run: building, checking or linting failed');
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
