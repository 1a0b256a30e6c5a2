/**
 * @file Imported before ONNX Runtime. Its start-up telemetry runs regular expressions over the process's command line
 * and crashes on a very long one (seen with 1.30 and 30,000 characters); and no program of ours should report home.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';

export {};
