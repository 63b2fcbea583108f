-- SPDX-License-Identifier: Apache-2.0
-- With the name of a file after `--`, each line of it is the Cookie of one request, in turn.
function init(arguments)
   if arguments[1] then
      local asked, n = {}, 0
      for line in io.lines(arguments[1]) do
         wrk.headers["Cookie"] = line
         asked[#asked + 1] = wrk.format()
      end
      request = function()
         n = n % #asked + 1
         return asked[n]
      end
   end
end

-- What wrk counted, exactly and for a program to read: a line of JSON after its own report.
function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "duration_us": %d, "bytes": %d, "errors": %d, "refused": %d, "p50_us": %d, "p99_us": %d}\n',
      summary.requests, summary.duration, summary.bytes,
      errors.connect + errors.read + errors.write + errors.timeout, errors.status,
      latency:percentile(50), latency:percentile(99)))
end
