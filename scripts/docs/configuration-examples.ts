/**
 * An example for each section of docs/configuration.md, by its place. Each is a whole configuration, and a test validates
 * all of them.
 */
export const configurationExamples: Readonly<Record<string, string>> = {
  '': `
$schema: ./sluice.schema.json
proxy: { port: 8000 }
management: { port: 5000 }
routes:
  - name: all
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  proxy: `
proxy:
  host: 0.0.0.0
  port: 8000
  workers: 4
  exposeRevision: true
  trustedProxies: [10.0.0.0/8, "fd00::/8"]`,

  'proxy.tls': `
proxy:
  http: false
  tls:
    port: 8443
    profile: modern
    certificates:
      - { certFile: tls/example.pem, keyFile: tls/example.key }`,

  'proxy.tls.certificates[]': `
proxy:
  tls:
    certificates:
      - { certFile: tls/example.pem, keyFile: tls/example.key }
      - { certFile: tls/shop.pem, keyFile: tls/shop.key, hosts: [shop.example.com, "*.shop.example.com"] }`,

  'proxy.limits': `
proxy:
  limits: { maxHeadBytes: 32768, maxHeaders: 200, maxBodyBytes: 10485760 }`,

  'proxy.timeouts': `
proxy:
  timeouts: { head: 5s, keepAlive: 75s, drain: 1m, minBodyRate: 1024 }`,

  'proxy.accessLog': `
proxy:
  accessLog: { sample: 0.01, statuses: [5xx], slowerThan: 1s, format: combined, file: /var/log/sluice/access.log }`,

  metrics: `
metrics:
  otlpUrl: http://127.0.0.1:4318
  exemplars: false`,

  management: `
management:
  host: 10.0.0.5
  port: 5000
  corsOrigins: [https://admin.example.com]`,

  'management.tls': `
management:
  host: 0.0.0.0
  tls: { certFile: tls/management.pem, keyFile: tls/management.key, clientCaFile: tls/nodes-ca.pem }`,

  store: `
store: { url: "postgres://sluice@db.internal/sluice" } # the password: see SLUICE__STORE__URL_FILE`,

  redis: `
redis: { url: "rediss://redis.internal:6380" }`,

  access: `
access:
  tokenLifetime: 10m
  refreshLifetime: 24h
  keyRotation: 2160h`,

  'access.oidc': `
access:
  oidc:
    issuer: https://login.example.com/realms/main
    clientId: sluice
    roleClaim: groups
    roles: { gateway-admins: Admin, developers: Operator, everybody: Viewer }`,

  history: `
history: { revisions: 5000, auditDays: 730 }`,

  node: `
role: gateway
node:
  name: edge-1
  controlUrls: [https://control-1.internal:5000, https://control-2.internal:5000]
  caFile: tls/internal-ca.pem
  certFile: tls/edge-1.pem
  keyFile: tls/edge-1.key`,

  'routes[]': `
routes:
  - name: users
    hosts: [api.example.com]
    pathPattern: /api/users/{id}/**
    methods: [GET, POST]
    headers: { x-tier: gold }
    query: { beta: "*" }
    priority: 10
    timeoutSeconds: 10
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].backends[]': `
routes:
  - name: users
    strategy: WeightedRoundRobin
    backends:
      - { name: a, url: http://127.0.0.1:9001, weight: 90 }
      - { name: b, url: https://users.internal/v2, weight: 10 }
      - { backendId: archive }
backends:
  - { name: archive, url: http://archive.internal:9000, weight: 5 }`,

  'routes[].backends[].healthCheck': `
routes:
  - name: users
    backends:
      - name: a
        url: http://127.0.0.1:9001
        healthCheck: { endpoint: /health, interval: 5s, timeout: 1s, expectedResponseBody: ok }
      - name: b
        url: http://127.0.0.1:9002
        healthCheck: { type: Tcp, interval: 2s }`,

  'routes[].backends[].connectionPool': `
routes:
  - name: users
    backends:
      - name: a
        url: http://127.0.0.1:9001
        connectionPool: { minSize: 2, maxSize: 200, maxIdleTime: 1m, connectionTimeout: 10s }`,

  'routes[].backends[].timeouts': `
routes:
  - name: reports
    timeoutSeconds: 120
    backends:
      - name: a
        url: http://127.0.0.1:9001
        timeouts: { connectTimeout: 1s, readTimeout: 2m, writeTimeout: 10s }`,

  'routes[].backends[].tls': `
routes:
  - name: users
    backends:
      - name: a
        url: https://10.0.0.7:8443
        tls: { caFile: tls/internal-ca.pem, serverName: users.internal }`,

  limits: `
limits:
  tiers:
    anonymous: { requests: 10 }
    free: { requests: 60, dailyQuota: 5000 }
    premium: { requests: 1200, burst: 200 }`,

  logging: `
logging:
  level: info
  redact: [email, X-Customer-Id]`,

  tracing: `
tracing:
  otlpUrl: http://127.0.0.1:4317
  protocol: grpc
  sampleRate: 0.01
  slowerThan: 2s`,

  'routes[].authentication': `
routes:
  - name: users
    authentication:
      methods: [{ type: apiKey }]
      anonymous: true
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] apiKey': `
routes:
  - name: users
    authentication:
      methods: [{ type: apiKey, header: X-API-Key, query: api_key }]
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] introspection': `
routes:
  - name: users
    authentication:
      methods:
        - type: introspection
          url: https://id.example/introspect
          clientId: gateway
          clientSecretFile: gateway.secret
          audience: [users]
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] oidc': `
routes:
  - name: shop
    pathPattern: /shop/**
    authentication:
      methods:
        - type: oidc
          issuer: https://id.example
          clientId: shop
          clientSecretFile: shop.secret
          publicUrl: https://shop.example
          scopes: [openid, email, offline_access]
      forward: { subject: X-User-Id, claims: { email: X-User-Email } }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] external': `
routes:
  - name: users
    authentication:
      methods:
        - type: external
          url: http://127.0.0.1:9100/check
          requestHeaders: [Authorization, Cookie]
          upstreamHeaders: [X-Tenant]
          identity: { subject: X-Auth-User, claims: { email: X-Auth-Email } }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] external.identity': `
routes:
  - name: users
    authentication:
      methods:
        - type: external
          url: http://127.0.0.1:9100/check
          identity: { subject: X-Auth-User, roles: X-Auth-Groups, claims: { email: X-Auth-Email } }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] basic': `
routes:
  - name: users
    authentication:
      methods: [{ type: basic, usersFile: users.htpasswd }]
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] jwt': `
routes:
  - name: users
    authentication:
      methods:
        - type: jwt
          jwksUrl: https://id.example/jwks.json
          issuer: https://id.example
          audience: [users]
          algorithms: [RS256, EdDSA]
          clockTolerance: 30s
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] jwt.claims': `
routes:
  - name: users
    authentication:
      methods:
        - type: jwt
          publicKeyFile: issuer.pem
          algorithms: [ES256]
          claims: { organization: org_id, tier: plan, roles: realm_access.roles }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.methods[] mtls': `
routes:
  - name: users
    authentication:
      methods: [{ type: mtls, caFile: clients-ca.pem, onlyConsumers: true }]
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authentication.forward': `
routes:
  - name: users
    authentication:
      methods: [{ type: apiKey }]
      forward: { subject: X-Consumer-Id, organization: X-Organization, tier: X-Tier, claims: { name: X-Consumer-Name } }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].authorization': `
routes:
  - name: orders
    authentication: { methods: [{ type: apiKey }] }
    authorization:
      scopes: [orders:read]
      roles: [support, admin]
      rule: 'claims.tier == "premium" && request.method != "DELETE"'
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].rateLimit': `
routes:
  - name: users
    authentication: { methods: [{ type: apiKey }] }
    rateLimit:
      - { type: TokenBucket, requests: 100, window: 1s, burst: 200, keyBy: Route }
      - { type: SlidingWindow, requests: 60, keyBy: Consumer, perTier: { premium: { requests: 600 } } }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].concurrency': `
routes:
  - name: reports
    authentication: { methods: [{ type: apiKey }] }
    concurrency: { limit: 2, keyBy: Consumer }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].adaptiveConcurrency': `
routes:
  - name: reports
    adaptiveConcurrency: { minLimit: 5, maxLimit: 200 }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].slo': `
routes:
  - name: orders
    slo: { availability: 99.9, latency: { p99: 500ms } }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].slo.latency': `
routes:
  - name: orders
    slo: { latency: { p50: 60ms, p95: 250ms, p99: 1s } }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].strategyConfig': `
routes:
  - name: users
    strategy: HeaderBased
    strategyConfig:
      headerName: x-tenant
      routingRules: { blue: b }
      defaultBackend: a
    backends:
      - { name: a, url: http://127.0.0.1:9001 }
      - { name: b, url: http://127.0.0.1:9002 }`,

  'routes[].policies[]': `
routes:
  - name: orders
    policies:
      - { module: ./policies/business-hours.ts, options: { zone: Europe/Amsterdam, from: 7, to: 19 }, timeout: 500ms }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].accessLog': `
proxy:
  accessLog: { sample: 1 }
routes:
  - name: health
    pathPattern: /health
    accessLog: { sample: 0 }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].tracing': `
tracing: { sampleRate: 0.5 }
routes:
  - name: health
    pathPattern: /health
    tracing: { isEnabled: false }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].transformations': `
routes:
  - name: users
    pathPattern: /api/**
    transformations:
      request: { rewritePath: "/api/(.*) → /$1" }
      response: { removeHeaders: [server] }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].transformations.request': `
routes:
  - name: users
    pathPattern: /api/**
    transformations:
      request:
        rewritePath: "/api/v1/(.*) → /v1/$1"
        removeHeaders: [x-debug]
        addHeaders: { x-client: "\${clientIp}", authorization: "Bearer \${secret:users/token}" }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].transformations.response': `
routes:
  - name: users
    transformations:
      response:
        removeHeaders: [server, x-powered-by]
        addHeaders: { x-latency-ms: "\${latencyMs}", strict-transport-security: max-age=31536000 }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].circuitBreaker': `
routes:
  - name: users
    circuitBreaker: { failureThreshold: 10, timeout: 15s, halfOpenRequests: 3 }
    backends: [{ name: a, url: http://127.0.0.1:9001 }]`,

  'routes[].retryPolicy': `
proxy: { retryBudget: 0.1 }
routes:
  - name: users
    retryPolicy: { maxAttempts: 2, initialDelay: 50ms, maxDelay: 500ms, retryableStatusCodes: [502, 503] }
    backends:
      - { name: a, url: http://127.0.0.1:9001 }
      - { name: b, url: http://127.0.0.1:9002 }`,

  'routes[].ejection': `
routes:
  - name: users
    ejection: { consecutiveFailures: 3, ejectionTime: 10s, maxEjectedPercent: 34 }
    backends:
      - { name: a, url: http://127.0.0.1:9001 }
      - { name: b, url: http://127.0.0.1:9002 }
      - { name: c, url: http://127.0.0.1:9003 }`,

  'consumers[]': `
consumers:
  - id: shop
    organization: shop-inc
    tier: premium
    scopes: [orders:read]
    keys:
      - hash: sha256:5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8`,
  'consumers[].keys[]': `
consumers:
  - id: shop
    keys:
      - { name: "2026", hash: "sha256:5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", expiresAt: 2027-01-31T00:00:00Z }`,
  'backends[]': `
backends:
  - name: users
    backendId: users-1
    url: http://users.internal:9000
    healthCheck: {}
routes:
  - name: public
    hosts: [api.example.com]
    backends: [{ backendId: users-1 }]
  - name: internal
    hosts: [api.internal]
    backends: [{ backendId: users-1 }]`,

  deployments: `
deployments:
  approvalFor: [Production, Staging]
  reworkWithin: 48h`,

  'deployments.freeze[]': `
deployments:
  freeze:
    - name: the weekend
      fromDay: Fri
      fromTime: "16:00"
      untilDay: Mon
      untilTime: "08:00"
      timeZone: Europe/Berlin
    - name: end of the year
      from: 2026-12-23T12:00:00+01:00
      until: 2027-01-04T08:00:00+01:00`,

  'deployments.webhooks[]': `
deployments:
  webhooks:
    - url: https://hooks.internal/sluice
      secret: sixteen-or-more-random-characters # or from SLUICE__DEPLOYMENTS__WEBHOOKS__0__SECRET_FILE
      events: [approvalRequested, asked, rolledBack, completed]`,

  'deployments.email': `
deployments:
  email:
    host: mail.internal
    username: sluice
    password: change-me # or from SLUICE__DEPLOYMENTS__EMAIL__PASSWORD_FILE
    from: sluice@example.com
    to: [team@example.com]
    events: [approvalRequested, rolledBack]`,

  'deployments.grafana': `
deployments:
  grafana:
    url: https://grafana.internal
    token: change-me # or from SLUICE__DEPLOYMENTS__GRAFANA__TOKEN_FILE
    tags: [shop]`,

  'deployments.prometheus': `
deployments:
  prometheus:
    url: https://prometheus.internal:9090
    bearerToken: change-me # or from SLUICE__DEPLOYMENTS__PROMETHEUS__BEARER_TOKEN_FILE`,
};
