/**
 * The recipe of a start: container, settings, plan, encoded plan, cache. Runs nothing: the native starter does, after
 * Java has ended.
 */
package io.jrun.runtime.launch;
