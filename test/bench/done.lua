-- SPDX-License-Identifier: Apache-2.0
-- What wrk counted, exactly and for a program to read: a line of JSON after its own report.
function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "duration_us": %d, "bytes": %d, "errors": %d, "refused": %d, "p50_us": %d}\n',
      summary.requests, summary.duration, summary.bytes,
      errors.connect + errors.read + errors.write + errors.timeout, errors.status, latency:percentile(50)))
end
