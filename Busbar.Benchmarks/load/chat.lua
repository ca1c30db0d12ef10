-- A chat request of 1 KB. MODEL, STREAM (true or false) and TOKEN come from the environment.
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
wrk.body = string.format('{"model":"%s","stream":%s,"max_tokens":64,"messages":[{"role":"user","content":"%s"}]}',
  os.getenv("MODEL"), os.getenv("STREAM"), string.rep("x", 920))

done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %.1f %.1f %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
