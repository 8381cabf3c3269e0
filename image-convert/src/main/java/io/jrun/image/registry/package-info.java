/**
 * The distribution-spec's client: requests to one registry, with authorization, redirects, retries and the limits that
 * registries set. Knows neither caches nor where what it fetches goes.
 */
package io.jrun.image.registry;
