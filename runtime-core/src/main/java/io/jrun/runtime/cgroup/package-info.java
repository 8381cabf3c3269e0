/**
 * Control groups, version 2: the limits a start may set, where its cgroup can be made, and what one tells of the processes
 * in it. Knows the hierarchy and who may write it, but neither plans nor images.
 *
 * <p>Source: Linux, Documentation/admin-guide/cgroup-v2.rst.
 */
package io.jrun.runtime.cgroup;
