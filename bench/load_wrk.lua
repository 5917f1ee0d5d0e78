-- For wrk: posts the lines of a file (its one argument) to the path of the address, one after the
-- other, and prints what it has measured as one line of JSON. See bench/load_wrk.py.
local bodies, at = {}, 0

function init(arguments)
   for line in io.lines(arguments[1]) do
      bodies[#bodies + 1] = line
   end
   wrk.method = "POST"
   wrk.headers["content-type"] = "application/json"
end

function request()
   at = at + 1
   if at > #bodies then
      error("more questions were asked than the file has")
   end
   return wrk.format(nil, nil, nil, bodies[at])
end

function done(summary, latency, requests)
   local errors = summary.errors
   print(string.format(
      'figures {"answers": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d, "late": %d}',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3, errors.status, errors.connect + errors.read + errors.write,
      errors.timeout))
end
