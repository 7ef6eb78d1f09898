-- Sends the requests of a file one after the other and prints what happened as one line of JSON.
-- Each line of the file: the method, the path and the form, with tabs between them.

local requests, sent = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local method, path, form = line:match("^(%u+)\t([^\t]+)\t(.*)$")
    local headers = {
      ["Accept"] = "text/html,application/xhtml+xml",
      ["Accept-Language"] = "en-GB,en;q=0.9,de;q=0.7",
    }
    local body
    if method == "POST" then
      headers["Content-Type"] = "application/x-www-form-urlencoded"
      body = form
    end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'JSON {"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
