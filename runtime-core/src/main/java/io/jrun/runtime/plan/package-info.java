/**
 * What is to be done to start a container, as values: the planner makes them, {@code --explain} prints them, the encoder
 * lowers them to the tape that the native starter runs. Nothing here touches the host.
 */
package io.jrun.runtime.plan;
