/**
 * The image-spec's documents as records, read from JSON that a registry or archive brings: descriptors, indexes,
 * manifests, configs. Docker's schema 2 forms of them are the same documents under other media types. Knows neither
 * where documents come from nor what layers hold.
 */
package io.jrun.image.model;
