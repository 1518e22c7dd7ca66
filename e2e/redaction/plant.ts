/** Where a secret is planted, and what it is. */
export interface Planted {
  readonly place: string;
  readonly secret: string;
}

/**
 * One secret for each place. No two have a part in common, so whoever finds one knows where it comes from. A JWT is one by its
 * shape; all others are by where they stand.
 */
const secrets = {
  'Authorization: Bearer': 'Zq1bearer7fK3xR9wTv',
  'Authorization: Basic': 'Zq2basic8gL4yS0uUw',
  'Proxy-Authorization': 'Zq3proxy9hM5zT1vVx',
  Cookie: 'Zq4cookie0iN6aU2wWy',
  'X-API-Key': 'Zq5apikey1jO7bV3xXz',
  'a header that logging.redact names': 'Zq6customer2kP8cW4yYa',
  'the query of Referer': 'Zq7referer3lQ9dX5zZb',
  'the userinfo of Referer': 'Zq8refuser4mR0eY6aAc',
  'a query parameter': 'Zq9query5nS1fZ7bBd',
  'a percent-encoded query parameter': 'Zr1encoded6oT2gA8cCe',
  'an address within a query parameter': 'Zr2nested7pU3hB9dDf',
  'a query parameter that a route expects its key in': 'Zr3keyparam8qV4iC0eEg',
  'a query parameter that logging.redact names': 'Zr4email9rW5jD1fFh',
  'a matrix parameter of the path': 'Zr5matrix0sX6kE2gGi',
  'a {token} of the path': 'Zr6segment1tY7lF3hHj',
  'a JWT in the path': 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqd3QtaW4tdGhlLXBhdGgifQ.Zr7signature2uZ8mG4iIk',
  'the userinfo of the request target': 'Zr8target3vA9nH5jJl',
  'the body of a request': 'Zr9body4wB0oI6kKm',
  'the body of a request that is refused': 'Zs1refused5xC1pJ7lLn',
  'a header of a response': 'Zs2setcookie6yD2qK8mMo',
  'the password of a login': 'Zs3login7zE3rL9nNp',
  'the token of an API call': 'Zs4apitoken8aF4sM0oOq',
  'the query of an API call': 'Zs5apiquery9bG5tN1pPr',
  'a route that the API refuses': 'Zs6badroute0cH6uO2qQs',
  'clientSecret of a route': 'Zs7client1dI7vP3rRt',
  'a header that a route adds': 'Zs8added2eJ8wQ4sSu',
  'a header of a health check': 'Zs9check3fK9xR5tTv',
  'the query of a health check': 'Zt1checkq4gL0yS6uUw',
  'the URL of Redis': 'Zt2redis5hM1zT7vVx',
  'the URL of the store': 'Zt3store6iN2aU8wWy',
  'access.adminPassword': 'Zt4admin7jO3bV9xXz-long',
  'node.joinToken': 'Zt5join8kP4cW0yYa',
  'the secret of a webhook': 'Zt6webhook9lQ5dX1zZb',
  'the query of a webhook': 'Zt7webquery0mR6eY2aAc',
  'the token of Grafana': 'Zt8grafana1nS7fZ3bBd',
  'a header of tracing': 'Zu1otlp3pU9hB5dDf',
  'the token of Prometheus': 'Zt9prom2oT8gA4cCe',
} as const;

export type Place = keyof typeof secrets;

/** All of them. */
export const planted: readonly Planted[] = Object.entries(secrets).map(([place, secret]) => ({ place, secret }));

/** The secret of a place. */
export function secretOf(place: Place): string {
  return secrets[place];
}
