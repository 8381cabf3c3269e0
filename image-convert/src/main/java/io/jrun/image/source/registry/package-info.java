/**
 * Images in registries: the distribution-spec's pull side over HTTP, with authentication, redirects, retries and resumed
 * transfers. Knows no other kind of source.
 */
package io.jrun.image.source.registry;
