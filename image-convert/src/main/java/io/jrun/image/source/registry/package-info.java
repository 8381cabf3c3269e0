/**
 * Images in registries and their mirrors: documents and layers through the blob cache, in transfers that go on where they
 * broke off. Knows no other kind of source.
 */
package io.jrun.image.source.registry;
