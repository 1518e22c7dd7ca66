-- wrk script: sends the requests of a JSON-free, line-based file as they are, in turn, and prints one line with what
-- wrk measured. Arguments: the file; requests in it are separated by a line of '%%'.
-- The requests are ready strings, so a request costs wrk one table look-up.

local requests, at = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  for request in text:gmatch("(.-)\n%%%%\n") do
    requests[#requests + 1] = request
  end
  assert(#requests > 0, "no requests in " .. args[1])
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    "RESULT {\"requests\":%d,\"micros\":%d,\"bytes\":%d,\"p50\":%d,\"p99\":%d,\"max\":%d,"
      .. "\"connect\":%d,\"read\":%d,\"write\":%d,\"status\":%d,\"timeout\":%d}",
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
