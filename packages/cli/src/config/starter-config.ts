/** The configuration that `sluice init` writes. It works as it is; every part is explained, with its defaults in comments. */
export function starterConfig(schemaFile: string): string {
  return `# yaml-language-server: $schema=./${schemaFile}
#
# Configuration of the Sluice gateway. Check it with "sluice check", run it with "sluice start".
# While the gateway runs, a change of this file goes live at once; a bad one is refused and the last good one stays.
# Any key can be set from outside: SLUICE__PROXY__PORT=8080, or SLUICE__PROXY__PORT_FILE=/path for a secret in a file.
# Durations: 250ms, 5s, 1m, 2h. Lines that begin with # show the default of what they name.

proxy:
  host: 127.0.0.1 # 0.0.0.0 in containers
  port: 8000
  # workers: 4               # threads; as many as there are usable cores if absent
  # exposeRevision: false    # name the configuration revision in each response: x-gateway-revision
  # health: false            # answer /health, /ready and /live on this port too
  # trustedProxies: []       # such as [10.0.0.0/8]: whose X-Forwarded-* is believed
  # tls:
  #   port: 8443
  #   certificates:
  #     - { certFile: tls/cert.pem, keyFile: tls/key.pem }
  # timeouts: { head: 10s, keepAlive: 60s, drain: 30s }
  # accessLog: { sample: 0, failures: true, file: "-" }

management: # API (/swagger), health and metrics: /health, /ready, /live, /metrics
  host: 127.0.0.1 # anywhere else it needs TLS
  port: 5000
  # tls: { certFile: tls/management.pem, keyFile: tls/management.key }

# role: all                  # gateway and control plane in one; or gateway, or control
# store: { url: "sqlite:.sluice/sluice.db" } # postgres://…, mongodb://…, memory:; or DATABASE_URL
# redis: { url: "redis://…" }                # for several control processes; or REDIS_URL
# history: { revisions: 1000, auditDays: 365 }
# access: { tokenLifetime: 15m, sessionLifetime: 12h }    # the first password: SLUICE_ADMIN_PASSWORD, or a random one
# node: { controlUrls: [] }                  # of a gateway without control plane; its secret: SLUICE_JOIN_TOKEN

# How a saved change of a route goes live: at once (direct), or as a canary that is judged, and completed or taken back by
# itself (measured).
# changes: measured

# With the key routes, this file owns routes and backends. To hand them over to the management API, without a restart:
#   sluice login admin && sluice export routes.yaml
#   save this file without routes, backends and changes: what serves stays, and the API owns it
#   sluice deploy routes.yaml --watch, after a change of routes.yaml
# backends: []               # shared ones: a route names them by { backendId: NAME }
routes:
  - name: users
    # exact segments, * (one segment), {name} (one, captured), ** (any rest); the most specific route wins
    pathPattern: /api/users/**
    methods: [GET, POST] # empty or absent: any
    # hosts: [api.example.com, "*.example.org"]
    # headers: { x-tier: gold }    # "*": only has to be present
    # query: { beta: "*" }

    # RoundRobin, WeightedRoundRobin, LeastConnections, IPHash, HeaderBased, Random, LeastResponseTime, Direct
    strategy: WeightedRoundRobin
    backends:
      - name: a
        url: http://127.0.0.1:9001
        weight: 90
        # healthCheck: { type: Http, endpoint: /health, interval: 5s, timeout: 3s }
      - name: b
        url: http://127.0.0.1:9002
        weight: 10

    # timeoutSeconds: 30           # until the response begins
    # maxConcurrentRequests: 0     # 0: no limit
    # retryPolicy: { maxAttempts: 3, initialDelay: 100ms, maxDelay: 2s, retryableStatusCodes: [502, 503, 504] }
    # circuitBreaker: { failureThreshold: 5, timeout: 30s, halfOpenRequests: 3 }
    # transformations:
    #   request:
    #     rewritePath: "/api/users/(.*) → /$1"
    #     addHeaders: { x-request-id: "\${requestId}" }
    #   response:
    #     removeHeaders: [server]
`;
}
