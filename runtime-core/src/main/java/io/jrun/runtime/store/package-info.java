/**
 * Containers on this node by name: made in a temporary sibling and published by one rename, so that a name exists
 * entirely or not at all. Knows no image format and no plan.
 */
package io.jrun.runtime.store;
